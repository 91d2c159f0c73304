"""What is personal in the warehouse, and who may see it."""
