# What Airflow cannot say itself: that the money runs out, and that Airflow is down.

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.notification_emails)

  display_name = each.value
  type         = "email"
  labels       = { email_address = each.value }
  depends_on   = [google_project_service.enabled]
}

# The same limit as watch_costs has, which forecasts it from the jobs; this one counts everything in the project.
resource "google_billing_budget" "monthly" {
  count = var.billing_account == null ? 0 : 1

  billing_account = var.billing_account
  display_name    = "marketing-data"

  budget_filter {
    projects        = ["projects/${data.google_project.this.number}"]
    calendar_period = "MONTH"
  }

  amount {
    specified_amount {
      currency_code = "USD"
      units         = local.dbt_project.vars.costs.monthly_budget_usd
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  threshold_rules {
    threshold_percent = 1.0
    spend_basis       = "FORECASTED_SPEND"
  }

  dynamic "all_updates_rule" {
    for_each = length(var.notification_emails) == 0 ? [] : [true]
    content {
      monitoring_notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
    }
  }

  depends_on = [google_project_service.enabled]
}

data "google_project" "this" {
  project_id = var.project_id
}

# Failed tasks and late days alert from Airflow (docs/runbooks/watch_deadlines.md), which says nothing once it is down.
resource "google_monitoring_alert_policy" "airflow_is_down" {
  count = var.create_composer && length(var.notification_emails) > 0 ? 1 : 0

  display_name          = "Airflow is down (${var.composer_name})"
  combiner              = "OR"
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]

  conditions {
    display_name = "Composer's own check DAG has not succeeded for 30 minutes"

    condition_threshold {
      filter = join(" AND ", [
        "resource.type = \"cloud_composer_environment\"",
        "resource.labels.environment_name = \"${var.composer_name}\"",
        "metric.type = \"composer.googleapis.com/environment/healthy\"",
      ])
      comparison      = "COMPARISON_LT"
      threshold_value = 0.5
      duration        = "1800s"

      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_FRACTION_TRUE"
      }
    }
  }

  documentation {
    content = "Open Composer's monitoring page: scheduler, database, then workers. Runbook: docs/runbooks/README.md, «No alert at all, and nothing runs»."
  }

  depends_on = [google_composer_environment.airflow]
}
