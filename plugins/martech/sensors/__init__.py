"""Sensors for a BigQuery warehouse."""
