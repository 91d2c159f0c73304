"""The weekly letter: what changed, which parts of the business did it, and what to do."""
