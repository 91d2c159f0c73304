"""What BigQuery costs: prices, days that cost too much, and the month's forecast. Nothing here asks the warehouse."""
