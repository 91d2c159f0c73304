# Personal columns carry one policy tag (govern_access sets it from dbt's `meta: {pii: true}`): in clear for the pipeline
# and for pii_readers, masked for analysts, refused for everybody else.

resource "google_data_catalog_taxonomy" "privacy" {
  # Must be where the datasets are.
  region                 = lower(var.location)
  display_name           = "marketing-data"
  description            = "How personal the marketing data is."
  activated_policy_types = ["FINE_GRAINED_ACCESS_CONTROL"]
  depends_on             = [google_project_service.enabled]
}

resource "google_data_catalog_policy_tag" "pii" {
  taxonomy     = google_data_catalog_taxonomy.privacy.id
  display_name = "pii"
  description  = "E-mail, phone, names, addresses, IPs, device ids."
}

# To set a tag it must be allowed to look it up.
resource "google_data_catalog_taxonomy_iam_member" "pipeline_looks_up" {
  taxonomy = google_data_catalog_taxonomy.privacy.name
  role     = google_project_iam_custom_role.governor.id
  member   = google_service_account.pipeline.member
}

resource "google_data_catalog_policy_tag_iam_member" "reads_in_clear" {
  # Keys known before the account exists.
  for_each = merge(
    { pipeline = google_service_account.pipeline.member },
    { for reader in var.pii_readers : reader => reader },
  )

  policy_tag = google_data_catalog_policy_tag.pii.name
  role       = "roles/datacatalog.categoryFineGrainedReader"
  member     = each.value
}

resource "google_bigquery_datapolicy_data_policy" "masked" {
  location         = lower(var.location)
  data_policy_id   = "marketing_pii_masked"
  policy_tag       = google_data_catalog_policy_tag.pii.name
  data_policy_type = "DATA_MASKING_POLICY"

  # A hash still joins and counts, and names nobody. Columns that are no text become null.
  data_masking_policy {
    predefined_expression = "SHA256"
  }

  depends_on = [google_project_service.enabled]
}

resource "google_bigquery_datapolicy_data_policy_iam_member" "analysts_read_masked" {
  for_each = toset(var.analysts)

  location       = google_bigquery_datapolicy_data_policy.masked.location
  data_policy_id = google_bigquery_datapolicy_data_policy.masked.data_policy_id
  role           = "roles/bigquerydatapolicy.maskedReader"
  member         = each.value
}
