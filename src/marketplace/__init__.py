"""A framework for marketplaces of peers: it owns nothing, connects people, moves their money."""

__version__ = "0.1.0"
