"""Runs migrations on the connection that ``marketplace.store.migrations`` hands over.

Alembic loads this file; nobody imports it.
"""

from __future__ import annotations

from alembic import context

given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=given["metadata"],
    version_table=given["version_table"],
    version_table_schema=given["schema"],
    include_object=given.get("include_object"),
    include_schemas=given["schema"] is not None,
    render_as_batch=given["connection"].dialect.name == "sqlite",
    marketplace_prefix=given["prefix"],
    marketplace_schema=given["schema"],
)
with context.begin_transaction():
    context.run_migrations()
