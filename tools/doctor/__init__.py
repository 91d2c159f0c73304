"""Says before the first run whether ingestion could pass, and what to do where it could not."""
