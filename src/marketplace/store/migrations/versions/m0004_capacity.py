"""Make capacity: resources, claims, grains."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant, Length, Whole
from marketplace.store.migrations.names import Names

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    names = Names.here()
    _resource(names)
    _reservation(names)
    _capacity_bucket(names)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for noun in ["capacity_bucket", "reservation", "resource"]:
        op.drop_table(names(noun), schema=names.schema)


def _resource(names: Names) -> None:
    op.create_table(
        names("resource"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("listing_id", Ident, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("capacity", Whole, nullable=False),
        sa.Column("grain", Length(), nullable=True),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("resource_pk")),
        sa.ForeignKeyConstraint(
            ["listing_id"], names.of("listing", "id"), name=names("resource_listing_id_fk")
        ),
        sa.CheckConstraint("capacity >= 0", name=op.f(names("resource_capacity_ck"))),
        schema=names.schema,
    )
    names.index("resource", ["listing_id", "name"], unique=True)


def _reservation(names: Names) -> None:
    op.create_table(
        names("reservation"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("resource_id", Ident, nullable=False),
        sa.Column("single", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("cause_id", Ident, nullable=False),
        sa.Column("quantity", Whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("start", Instant(), nullable=True),
        sa.Column("end", Instant(), nullable=True),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("reservation_pk")),
        sa.ForeignKeyConstraint(
            ["resource_id"], names.of("resource", "id"), name=names("reservation_resource_id_fk")
        ),
        sa.CheckConstraint("quantity >= 1", name=op.f(names("reservation_quantity_ck"))),
        sa.CheckConstraint('"end" > start', name=op.f(names("reservation_span_ck"))),
        schema=names.schema,
    )
    names.index("reservation", ["cause_id"], unique=False)
    names.index("reservation", ["resource_id", "start"], unique=False, where="state <> 'freed'")
    names.index(
        "reservation", ["until"], unique=False, where="state <> 'freed' and until is not null"
    )


def _capacity_bucket(names: Names) -> None:
    op.create_table(
        names("capacity_bucket"),
        sa.Column("resource_id", Ident, nullable=False),
        sa.Column("slot", Whole, nullable=False),
        sa.Column("used", Whole, nullable=False),
        sa.Column("capacity", Whole, nullable=False),
        sa.PrimaryKeyConstraint("resource_id", "slot", name=names("capacity_bucket_pk")),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            names.of("resource", "id"),
            name=names("capacity_bucket_resource_id_fk"),
        ),
        sa.CheckConstraint(
            "used >= 0 and used <= capacity", name=op.f(names("capacity_bucket_used_ck"))
        ),
        schema=names.schema,
    )
