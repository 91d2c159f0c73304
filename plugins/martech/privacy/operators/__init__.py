"""The steps of an erasure, and of keeping access as declared."""
