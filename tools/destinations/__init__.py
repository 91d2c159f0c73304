"""Local stand-ins for the destinations of reverse ETL that enforce the real contracts.

``python -m tools.destinations serve`` starts all, ``… summary`` shows what they received.
"""
