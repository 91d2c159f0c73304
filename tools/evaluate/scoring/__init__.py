"""Measures lead scores: how well ``conversion_probability`` is calibrated on days that it has not learnt from."""
