"""Leases in the warehouse: one owner at a time, whatever scheduler, worker or hand has started it."""
