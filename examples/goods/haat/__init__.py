"""Haat: an evening market in Kathmandu that is paid at the door, on marketplace-kit."""
