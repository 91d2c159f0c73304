"""Declarations in YAML: read, checked against a JSON schema, refused with the line and the remedy."""
