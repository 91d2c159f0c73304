"""How long tables keep what they hold."""
