"""What is checked about a partition, as pure functions."""
