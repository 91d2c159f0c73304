# What Airflow and dbt run as, and no more than they need. No key exists: Composer lends the account to its workers.

resource "google_service_account" "pipeline" {
  account_id   = "marketing-pipeline"
  display_name = "Marketing data: Airflow and dbt"
  depends_on   = [google_project_service.enabled]
}

# Tables and their rows, in the layers' datasets only. It cannot create or delete a dataset.
resource "google_bigquery_dataset_iam_member" "pipeline_edits" {
  for_each = google_bigquery_dataset.layer

  dataset_id = each.value.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.pipeline.member
}

# What govern_access does beyond editing tables; roles/bigquery.dataOwner would give datasets away as well.
resource "google_project_iam_custom_role" "governor" {
  role_id     = "marketingGovernor"
  title       = "Marketing data: govern access"
  description = "Sets policy tags, row access policies and authorised views in the datasets where it is granted."
  permissions = [
    "bigquery.datasets.get",
    "bigquery.datasets.getIamPolicy",
    "bigquery.datasets.setIamPolicy",
    "bigquery.datasets.update",
    "bigquery.rowAccessPolicies.create",
    "bigquery.rowAccessPolicies.delete",
    "bigquery.rowAccessPolicies.getIamPolicy",
    "bigquery.rowAccessPolicies.list",
    "bigquery.rowAccessPolicies.setIamPolicy",
    "bigquery.rowAccessPolicies.update",
    "bigquery.tables.setCategory",
    "datacatalog.taxonomies.get",
  ]
}

resource "google_bigquery_dataset_iam_member" "pipeline_governs" {
  for_each = google_bigquery_dataset.layer

  dataset_id = each.value.dataset_id
  role       = google_project_iam_custom_role.governor.id
  member     = google_service_account.pipeline.member
}

# Jobs are run, and listed by watch_costs, in the project: BigQuery knows no smaller place for these.
resource "google_project_iam_member" "pipeline" {
  for_each = toset(concat(
    [
      "roles/bigquery.jobUser",
      "roles/bigquery.metadataViewer",
      "roles/bigquery.resourceViewer",
    ],
    var.create_composer ? ["roles/composer.worker"] : [],
  ))

  project = var.project_id
  role    = each.value
  member  = google_service_account.pipeline.member
}

resource "google_storage_bucket_iam_member" "pipeline_files" {
  for_each = google_storage_bucket.files

  bucket = each.value.name
  role   = "roles/storage.objectUser"
  member = google_service_account.pipeline.member
}

moved {
  from = google_storage_bucket_iam_member.pipeline_reports
  to   = google_storage_bucket_iam_member.pipeline_files["reports"]
}

moved {
  from = google_storage_bucket_iam_member.pipeline_exports
  to   = google_storage_bucket_iam_member.pipeline_files["exports"]
}

resource "google_storage_bucket_iam_member" "privacy_team_reads_exports" {
  for_each = toset(var.privacy_team)

  bucket = google_storage_bucket.files["exports"].name
  role   = "roles/storage.objectViewer"
  member = each.value
}

# Connectors own their datasets; the pipeline only copies from them to bronze.
resource "google_bigquery_dataset_iam_member" "pipeline_reads_connectors" {
  for_each = toset(flatten(values(var.landing_datasets)))

  dataset_id = each.value
  role       = "roles/bigquery.dataViewer"
  member     = google_service_account.pipeline.member
}

# The least that Fivetran documents: it makes a dataset per connection, which it then owns, and sees no other.
resource "google_project_iam_member" "fivetran" {
  count = var.fivetran_service_account == null ? 0 : 1

  project = var.project_id
  role    = "roles/bigquery.user"
  member  = "serviceAccount:${var.fivetran_service_account}"
}

# Analysts run queries; what they may read is granted by govern_access, from include/.
resource "google_project_iam_member" "analysts_run_jobs" {
  for_each = toset(var.analysts)

  project = var.project_id
  role    = "roles/bigquery.jobUser"
  member  = each.value
}
