"""Where a marketplace is kept."""
