"""Rides on demand: a rider asks, a driver near by is offered the ride, the fare explains itself."""
