"""Measures the monitor of all columns: false alarms on good days, and which faults of sources it finds."""
