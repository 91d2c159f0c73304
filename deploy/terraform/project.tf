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
