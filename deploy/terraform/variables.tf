variable "project_id" {
  description = "Google Cloud project of the warehouse and of Composer (MARKETING_PROJECT_ID)."
  type        = string
}

variable "location" {
  description = "BigQuery location of all datasets (MARKETING_LOCATION)."
  type        = string
  default     = "US"
}

variable "region" {
  description = "Region of Composer; in or near the BigQuery location."
  type        = string
  default     = "us-central1"
}

variable "dataset_names" {
  description = "Dataset by layer, where it is not to have the name that include/dbt/dbt_project.yml gives it."
  type        = map(string)
  default     = {}
}

variable "analysts" {
  description = "Who reads the analysts' views and sees personal data masked, such as group:analysts@example.com."
  type        = list(string)
  default     = []
}

variable "pii_readers" {
  description = "Who beside the pipeline sees personal data in clear. Keep it empty if you can."
  type        = list(string)
  default     = []
}

variable "privacy_team" {
  description = "Who reads what export_person wrote of people, such as group:privacy@example.com."
  type        = list(string)
  default     = []
}

variable "fivetran_service_account" {
  description = "Service account that Fivetran shows for this destination (…@fivetran-production.iam.gserviceaccount.com)."
  type        = string
  default     = null
}

variable "landing_datasets" {
  description = "Datasets that connectors have made, per source: SALESFORCE, GA4, GOOGLE_ADS, BRAZE, SHOPIFY or ZENDESK."
  type        = map(list(string))
  default     = {}
}

variable "create_composer" {
  description = "Whether to make a Composer environment; false where Airflow runs elsewhere."
  type        = bool
  default     = true
}

variable "composer_name" {
  description = "Name of the Composer environment."
  type        = string
  default     = "marketing-data"
}

variable "airflow_line" {
  description = "Airflow line of the Composer environment: 2 (requirements.txt) or 3 (requirements-airflow3.txt)."
  type        = number
  default     = 2

  validation {
    condition     = contains([2, 3], var.airflow_line)
    error_message = "airflow_line is 2 or 3: there are requirements for these."
  }
}

variable "composer_image" {
  description = "Another build of Composer than the one pinned for airflow_line in composer.tf; null for that one."
  type        = string
  default     = null
}

variable "composer_size" {
  description = "ENVIRONMENT_SIZE_SMALL, _MEDIUM or _LARGE."
  type        = string
  default     = "ENVIRONMENT_SIZE_SMALL"
}

variable "private_composer" {
  description = "Whether Composer's machines have no public addresses. The network needs Private Google Access, and NAT for sources, destinations and alerts."
  type        = bool
  default     = false
}

variable "composer_network" {
  description = "Network and subnetwork that Composer is attached to, as projects/…; null for Google's own."
  type        = object({ network = string, subnetwork = string })
  default     = null
}

variable "web_server_ranges" {
  description = "Addresses that may open Airflow's web server, such as 203.0.113.0/24; empty for all, who still have to log in."
  type        = list(string)
  default     = []
}

variable "kms_key" {
  description = "Key of your own that encrypts datasets, buckets and Composer (projects/…/cryptoKeys/…), in their location; null for Google's. It cannot be changed for a Composer environment."
  type        = string
  default     = null
}

variable "audited_services" {
  description = "Services of which reads and writes of data are logged, such as storage.googleapis.com and secretmanager.googleapis.com. BigQuery's always are."
  type        = list(string)
  default     = []
}

variable "airflow_environment" {
  description = "Further environment variables of Airflow, such as FIVETRAN_CONNECTOR_SALESFORCE. No secrets."
  type        = map(string)
  default     = {}
}

variable "github_repository" {
  description = "owner/name of the repository whose main branch may deploy without a key; null for none."
  type        = string
  default     = null
}

variable "billing_account" {
  description = "Billing account for the budget, in US dollars like the prices of dbt_project.yml; null makes none."
  type        = string
  default     = null
}

variable "notification_emails" {
  description = "Who hears of the budget and of a Composer environment that is down; five at most."
  type        = list(string)
  default     = []
}
