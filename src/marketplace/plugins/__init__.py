"""Trades, ways to pay and protocols, each a plugin like any stranger's."""
