"""What differs between the Airflow lines."""
