"""What dbt says of its runs."""
