# What the project itself must offer.

locals {
  services = toset(concat(
    [
      "bigquery.googleapis.com",
      "bigquerydatapolicy.googleapis.com",
      "datacatalog.googleapis.com",
      "datamanager.googleapis.com", # audiences to Google Ads
      "iam.googleapis.com",
      "iamcredentials.googleapis.com",
      "monitoring.googleapis.com",
      "secretmanager.googleapis.com",
      "storage.googleapis.com",
    ],
    var.create_composer ? ["composer.googleapis.com"] : [],
    var.github_repository == null ? [] : ["sts.googleapis.com"],
    var.billing_account == null ? [] : ["billingbudgets.googleapis.com"],
  ))
}

resource "google_project_service" "enabled" {
  for_each = local.services

  service            = each.value
  disable_on_destroy = false
}

# Who read and wrote what: logs cost by their size, so only of what is asked for.
resource "google_project_iam_audit_config" "data_access" {
  for_each = toset(var.audited_services)

  project = var.project_id
  service = each.value

  audit_log_config {
    log_type = "DATA_READ"
  }

  audit_log_config {
    log_type = "DATA_WRITE"
  }
}
