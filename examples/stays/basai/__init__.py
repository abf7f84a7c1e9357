"""Basai: homestays in villages on a trekking route, on marketplace-kit."""
