"""``make bill``: what a month costs at 1 TB and at 10 TB, from the bytes of a measured run."""
