"""What the dashboards should say: targets."""
