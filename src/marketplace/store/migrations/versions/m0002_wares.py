"""Make what is held out and asked for: listings, requests, matches, quotes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Ident, Instant, Whole
from marketplace.store.migrations.names import Names

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    names = Names.here()
    _listing(names)
    _presence(names)
    _request(names)
    _match(names)
    _matching_round(names)
    _quote(names)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for noun in ["quote", "matching_round", "match", "request", "presence", "listing"]:
        op.drop_table(names(noun), schema=names.schema)


def _listing(names: Names) -> None:
    op.create_table(
        names("listing"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("vertical", sa.Text(), nullable=False),
        sa.Column("provider_id", Ident, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("place_lat", sa.Double(), nullable=True),
        sa.Column("place_lon", sa.Double(), nullable=True),
        sa.Column("place_label", sa.Text(), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("listing_pk")),
        sa.ForeignKeyConstraint(
            ["provider_id"], names.of("party", "id"), name=names("listing_provider_id_fk")
        ),
        schema=names.schema,
    )
    names.index("listing", ["place_lat", "place_lon"], unique=False, where="place_lat is not null")
    names.index("listing", ["provider_id"], unique=False)
    names.index("listing", ["vertical", "state"], unique=False)


def _presence(names: Names) -> None:
    op.create_table(
        names("presence"),
        sa.Column("listing_id", Ident, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("place_lat", sa.Double(), nullable=True),
        sa.Column("place_lon", sa.Double(), nullable=True),
        sa.Column("place_label", sa.Text(), nullable=True),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("heading_lat", sa.Double(), nullable=True),
        sa.Column("heading_lon", sa.Double(), nullable=True),
        sa.Column("heading_label", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("listing_id", name=names("presence_pk")),
        sa.ForeignKeyConstraint(
            ["listing_id"], names.of("listing", "id"), name=names("presence_listing_id_fk")
        ),
        schema=names.schema,
    )
    names.index("presence", ["state", "expires_at"], unique=False)


def _request(names: Names) -> None:
    op.create_table(
        names("request"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("vertical", sa.Text(), nullable=False),
        sa.Column("customer_id", Ident, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("listing_id", Ident, nullable=True),
        sa.Column("place_lat", sa.Double(), nullable=True),
        sa.Column("place_lon", sa.Double(), nullable=True),
        sa.Column("place_label", sa.Text(), nullable=True),
        sa.Column("to_lat", sa.Double(), nullable=True),
        sa.Column("to_lon", sa.Double(), nullable=True),
        sa.Column("to_label", sa.Text(), nullable=True),
        sa.Column("start", Instant(), nullable=True),
        sa.Column("end", Instant(), nullable=True),
        sa.Column("quantity", Whole, nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("request_pk")),
        sa.ForeignKeyConstraint(
            ["customer_id"], names.of("party", "id"), name=names("request_customer_id_fk")
        ),
        schema=names.schema,
    )
    names.index("request", ["customer_id", "state"], unique=False)
    names.index("request", ["listing_id"], unique=False, where="listing_id is not null")
    names.index("request", ["vertical", "state"], unique=False)


def _match(names: Names) -> None:
    op.create_table(
        names("match"),
        sa.Column("request_id", Ident, nullable=False),
        sa.Column("listing_id", Ident, nullable=False),
        sa.Column("score", Whole, nullable=False),
        sa.Column("eligible", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "listing_id", name=names("match_pk")),
        schema=names.schema,
    )
    names.index("match", ["listing_id"], unique=False)


def _matching_round(names: Names) -> None:
    op.create_table(
        names("matching_round"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("vertical", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("solver", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("solution", sa.Text(), nullable=False),
        sa.Column("number", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("matching_round_pk")),
        schema=names.schema,
    )
    names.index("matching_round", ["vertical", "at"], unique=False)


def _quote(names: Names) -> None:
    op.create_table(
        names("quote"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("request_id", Ident, nullable=True),
        sa.Column("listing_id", Ident, nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("subject_hash", sa.Text(), nullable=False),
        sa.Column("policies", sa.Text(), nullable=False),
        sa.Column("for_party_id", Ident, nullable=True),
        sa.PrimaryKeyConstraint("id", name=names("quote_pk")),
        schema=names.schema,
    )
    names.index("quote", ["request_id"], unique=False, where="request_id is not null")
