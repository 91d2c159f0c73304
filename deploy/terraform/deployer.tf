# What GitHub Actions deploys as. It proves itself with a token of GitHub's (workload identity federation): no key exists.

locals {
  deploys = var.github_repository != null && var.create_composer
  # gs://bucket/dags → bucket
  composer_bucket = local.deploys ? split("/", google_composer_environment.airflow[0].config[0].dag_gcs_prefix)[2] : null
}

resource "google_service_account" "deployer" {
  count = local.deploys ? 1 : 0

  account_id   = "marketing-deployer"
  display_name = "Marketing data: deployment from GitHub"
  depends_on   = [google_project_service.enabled]
}

resource "google_iam_workload_identity_pool" "github" {
  count = local.deploys ? 1 : 0

  workload_identity_pool_id = "github"
  display_name              = "GitHub Actions"
  depends_on                = [google_project_service.enabled]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  count = local.deploys ? 1 : 0

  workload_identity_pool_id          = google_iam_workload_identity_pool.github[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }
  # Only the main branch of this repository: pull requests, forks and other branches cannot deploy.
  attribute_condition = "assertion.repository == '${var.github_repository}' && assertion.ref == 'refs/heads/main'"

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account_iam_member" "github_is_deployer" {
  count = local.deploys ? 1 : 0

  service_account_id = google_service_account.deployer[0].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github[0].name}/attribute.repository/${var.github_repository}"
}

# What deploy/composer.sh calls.
resource "google_project_iam_custom_role" "deployer" {
  count = local.deploys ? 1 : 0

  role_id     = "marketingDeployer"
  title       = "Marketing data: deploy"
  description = "Updates a Composer environment and runs Airflow commands in it."
  permissions = [
    "composer.environments.executeAirflowCommand",
    "composer.environments.get",
    "composer.environments.list",
    "composer.environments.update",
    "composer.operations.get",
    "composer.operations.list",
  ]
}

resource "google_project_iam_member" "deployer" {
  count = local.deploys ? 1 : 0

  project = var.project_id
  role    = google_project_iam_custom_role.deployer[0].id
  member  = google_service_account.deployer[0].member
}

resource "google_storage_bucket_iam_member" "deployer_copies" {
  count = local.deploys ? 1 : 0

  bucket = local.composer_bucket
  role   = "roles/storage.objectUser"
  member = google_service_account.deployer[0].member
}

# Composer asks for it of whoever updates an environment that runs as this account.
resource "google_service_account_iam_member" "deployer_updates_pipeline" {
  count = local.deploys ? 1 : 0

  service_account_id = google_service_account.pipeline.name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.deployer[0].member
}
