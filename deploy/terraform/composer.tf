# Cloud Composer 3 (Google also calls it Managed Service for Apache Airflow, Gen 3). Code and Python packages come by
# deploy/composer.sh, not from here.

locals {
  # A build of each line. Builds are offered for about a year: `gcloud composer environments list-upgrades` names those
  # that an environment can go to.
  composer_images = {
    "2" = "composer-3-airflow-2.11.1-build.19"
    "3" = "composer-3-airflow-3.3.1-build.2"
  }
  # What include/pipeline/settings.py reads.
  airflow_environment = merge(
    {
      MARKETING_PROJECT_ID       = var.project_id
      MARKETING_LOCATION         = var.location
      MARKETING_PIPELINE_ACCOUNT = google_service_account.pipeline.member
      MARKETING_PII_POLICY_TAG   = google_data_catalog_policy_tag.pii.name
      MARKETING_REPORT_URI       = "gs://${google_storage_bucket.files["reports"].name}/reports"
      MARKETING_EXPORT_URI       = "gs://${google_storage_bucket.files["exports"].name}/exports"
    },
    # Alerts link to the runbooks there.
    var.github_repository == null ? {} : { MARKETING_RUNBOOKS = "https://github.com/${var.github_repository}/blob/main/docs/runbooks" },
    length(var.analysts) == 0 ? {} : { MARKETING_ANALYSTS = join(",", var.analysts) },
    { for layer, dataset in var.dataset_names : "MARKETING_${upper(layer)}_DATASET" => dataset },
    { for source, datasets in var.landing_datasets : "MARKETING_LANDING_${source}" => join(",", datasets) },
    var.airflow_environment,
  )
  airflow_configuration = {
    "secrets-backend" = "airflow.providers.google.cloud.secrets.secret_manager.CloudSecretManagerBackend"
    "secrets-backend_kwargs" = jsonencode({
      connections_prefix = local.connections_prefix
      project_id         = var.project_id
      # Nothing of the kind is kept there, and each look-up costs a request.
      variables_prefix = null
      config_prefix    = null
    })
    "cosmos-enable_telemetry" = "False"
  }
}

resource "google_composer_environment" "airflow" {
  count = var.create_composer ? 1 : 0

  name   = var.composer_name
  region = var.region
  labels = { owner = "marketing-data" }

  config {
    environment_size           = var.composer_size
    enable_private_environment = var.private_composer

    node_config {
      service_account = google_service_account.pipeline.email
      network         = try(var.composer_network.network, null)
      subnetwork      = try(var.composer_network.subnetwork, null)
    }

    dynamic "web_server_network_access_control" {
      for_each = length(var.web_server_ranges) == 0 ? [] : [var.web_server_ranges]

      content {
        dynamic "allowed_ip_range" {
          for_each = web_server_network_access_control.value

          content {
            value       = allowed_ip_range.value
            description = "web_server_ranges"
          }
        }
      }
    }

    dynamic "encryption_config" {
      for_each = var.kms_key == null ? [] : [var.kms_key]

      content {
        kms_key_name = encryption_config.value
      }
    }

    software_config {
      image_version            = coalesce(var.composer_image, local.composer_images[var.airflow_line])
      airflow_config_overrides = local.airflow_configuration
      env_variables            = local.airflow_environment
    }

    workloads_config {
      scheduler {
        count      = 1
        cpu        = 1
        memory_gb  = 4
        storage_gb = 5
      }
      dag_processor {
        count      = 1
        cpu        = 1
        memory_gb  = 4
        storage_gb = 5
      }
      # Sensors wait here without holding a worker.
      triggerer {
        count     = 1
        cpu       = 0.5
        memory_gb = 1
      }
      web_server {
        cpu        = 1
        memory_gb  = 2
        storage_gb = 5
      }
      # One task per layer runs dbt as a whole, which wants memory.
      worker {
        min_count  = 1
        max_count  = 3
        cpu        = 2
        memory_gb  = 8
        storage_gb = 10
      }
    }
  }

  lifecycle {
    ignore_changes = [
      config[0].software_config[0].pypi_packages,
    ]
  }

  depends_on = [google_project_iam_member.pipeline]
}
