"""Scoot: electric scooter rides in Pokhara, on marketplace-kit."""
