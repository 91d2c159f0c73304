"""Operators for a BigQuery warehouse."""
