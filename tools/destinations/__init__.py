"""Local stand-ins for Salesforce, Braze and Google Data Manager that enforce the real contracts.

``python -m tools.destinations serve`` starts all three, ``… summary`` shows what they received.
"""
