"""A framework for marketplaces of peers: the platform owns nothing, connects people, moves their money, keeps its fee."""

__version__ = "0.1.0"
