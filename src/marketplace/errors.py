"""What this library raises on purpose."""
