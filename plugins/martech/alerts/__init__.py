"""What is said to people, and what must not be said."""
