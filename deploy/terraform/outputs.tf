output "composer_project" {
  description = "COMPOSER_PROJECT of .github/workflows/deploy.yml."
  value       = var.project_id
}

output "composer_environment" {
  description = "COMPOSER_ENVIRONMENT of deploy/composer.sh."
  value       = var.create_composer ? google_composer_environment.airflow[0].name : null
}

output "composer_location" {
  description = "COMPOSER_LOCATION of deploy/composer.sh."
  value       = var.region
}

output "airflow_ui" {
  description = "Airflow's web UI."
  value       = var.create_composer ? google_composer_environment.airflow[0].config[0].airflow_uri : null
}

output "airflow_environment" {
  description = "Environment variables that Airflow needs, for a deployment other than Composer."
  value       = local.airflow_environment
}

output "pipeline_service_account" {
  description = "What Airflow and dbt run as."
  value       = google_service_account.pipeline.email
}

output "deployer_service_account" {
  description = "DEPLOYER_SERVICE_ACCOUNT of .github/workflows/deploy.yml."
  value       = local.deploys ? google_service_account.deployer[0].email : null
}

output "workload_identity_provider" {
  description = "WORKLOAD_IDENTITY_PROVIDER of .github/workflows/deploy.yml."
  value       = local.deploys ? google_iam_workload_identity_pool_provider.github[0].name : null
}
