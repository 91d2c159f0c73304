# State holds no secret values (see secrets.tf), but who may do what: keep its bucket private.
#   terraform init -backend-config="bucket=YOUR-STATE-BUCKET"
terraform {
  required_version = ">= 1.9"

  backend "gcs" {
    prefix = "marketing-data"
  }

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.0"
    }
  }
}

provider "google" {
  project = var.project_id
  region  = var.region
  # Budgets and policy tags ask for the project that pays for the request.
  user_project_override = true
  billing_project       = var.project_id
}
