# One dataset per layer. Names come from where dbt and Airflow read them, so that they stand in one place.
#
# There is no default expiry on purpose: BigQuery would give it to every new table, and silver's transactions, leads and
# tickets must never expire. Every table declares its own expiry from the same file's `*_retention_days`, and the DAG
# enforce_retention proves that it has it.

locals {
  dbt_project = yamldecode(file("${path.module}/../../include/dbt/dbt_project.yml"))
  datasets = {
    for name, dataset in local.dbt_project.vars :
    trimsuffix(name, "_dataset") => lookup(var.dataset_names, trimsuffix(name, "_dataset"), dataset)
    if endswith(name, "_dataset")
  }
}

resource "google_bigquery_dataset" "layer" {
  for_each = local.datasets

  dataset_id    = each.value
  friendly_name = each.key
  description   = "Marketing data, layer ${each.key}. Declared in deploy/terraform; its tables by create_warehouse and dbt."
  location      = var.location
  # The same as layer_labels() in include/pipeline/dag_defaults.py.
  labels = {
    layer = each.key
    owner = "marketing-data"
  }
  # Seven days to undo a mistake.
  max_time_travel_hours      = 168
  delete_contents_on_destroy = false

  dynamic "default_encryption_configuration" {
    for_each = var.kms_key == null ? [] : [var.kms_key]

    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  # Readers of authorised views are added by govern_access.
  lifecycle {
    ignore_changes  = [access]
    prevent_destroy = true
  }

  depends_on = [google_project_service.enabled]
}

locals {
  # How long a file is kept, and for how long Google can bring it back then.
  buckets = {
    # Reports of check_quality and of the syncs (MARKETING_REPORT_URI).
    reports = { kept_days = local.dbt_project.vars.gold_retention_days, restorable_seconds = 604800 }
    # What export_person wrote of people (MARKETING_EXPORT_URI): the answer to a request, not an archive. Deleted means deleted.
    exports = { kept_days = local.dbt_project.vars.export_days, restorable_seconds = 0 }
  }
}

resource "google_storage_bucket" "files" {
  for_each = local.buckets

  name                        = "${var.project_id}-marketing-${each.key}"
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  labels                      = { owner = "marketing-data" }

  soft_delete_policy {
    retention_duration_seconds = each.value.restorable_seconds
  }

  dynamic "encryption" {
    for_each = var.kms_key == null ? [] : [var.kms_key]

    content {
      default_kms_key_name = encryption.value
    }
  }

  lifecycle_rule {
    condition { age = each.value.kept_days }
    action { type = "Delete" }
  }

  depends_on = [google_project_service.enabled]
}

# They were resources of their own until 2026-11-27.
moved {
  from = google_storage_bucket.reports
  to   = google_storage_bucket.files["reports"]
}

moved {
  from = google_storage_bucket.exports
  to   = google_storage_bucket.files["exports"]
}
