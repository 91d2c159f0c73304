"""The way to BigQuery: its hooks, the base of operators, DDL and days."""
