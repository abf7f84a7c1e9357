"""Databases to test on, from the library: SQLite, and a PostgreSQL that needs no server."""

pytest_plugins = ["marketplace.testing.pytest_plugin"]
