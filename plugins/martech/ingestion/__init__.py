"""How raw data lands, and whether it has landed."""
