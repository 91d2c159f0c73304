# Airflow's connections, read from Secret Manager (see `secrets-backend` in composer.tf). Only the empty secrets are made
# here: their values are added by hand (docs/deployment.md) and so are never in Terraform's state. A connection that
# has no version yet does not exist for Airflow: its source, destination or channel is left out.

locals {
  connections = toset([
    "braze_default",
    "fivetran_default",
    "google_data_manager_default",
    "pagerduty_alerts",
    "salesforce_default",
    "slack_alerts",
    "slack_default",
    "slack_letter",
    "smtp_alerts",
    "smtp_letter",
    "webhook_default",
  ])
  connections_prefix = "airflow-connections"
}

resource "google_secret_manager_secret" "connection" {
  for_each = local.connections

  secret_id = "${local.connections_prefix}-${each.value}"
  labels    = { owner = "marketing-data" }

  replication {
    auto {}
  }

  depends_on = [google_project_service.enabled]
}

resource "google_secret_manager_secret_iam_member" "pipeline_reads" {
  for_each = google_secret_manager_secret.connection

  secret_id = each.value.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.pipeline.member
}
