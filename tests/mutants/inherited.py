"""What a mutated tree's runs inherit from the process that forks them.

pytest imports a conftest anew for each run in one process, but this module once: so a template
that the first run filled, and a server that it started, are there in every fork after it.
"""

from pathlib import Path

from marketplace.testing.postgres import EmbeddedPostgres

files: list[Path] = []
"""The SQLite file that tests get copies of, once it is filled."""
servers: list[EmbeddedPostgres] = []
"""The PostgreSQL of all runs, once it was started."""
filled: list[str] = []
"""The name of its database that tests get copies of, once that is filled."""
