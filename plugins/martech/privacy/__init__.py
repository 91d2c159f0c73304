"""Privacy: who may see what, and the right to erasure."""
