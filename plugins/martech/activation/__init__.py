"""Reverse ETL: what changed in the warehouse goes to the tools that act on it, nothing lost, nothing twice."""
