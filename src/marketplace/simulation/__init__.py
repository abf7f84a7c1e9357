"""A whole marketplace simulated on the real engine."""
