"""Real hotel bookings through the real engine, in the order in which they happened."""
