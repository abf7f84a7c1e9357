"""What people do in a marketplace."""
