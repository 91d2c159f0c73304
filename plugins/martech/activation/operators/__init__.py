"""The three steps of a sync: plan, send, report."""
