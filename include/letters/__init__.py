"""What the weekly letter says, and where it goes."""
