"""Clients of the systems that the DAGs talk to."""
