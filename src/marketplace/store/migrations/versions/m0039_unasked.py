"""Drop indexes by which nothing is looked up: each was written with every row, and read by nobody.

Deals by the version of their process, copies of events by their event, review windows by their
end, reviews, candidates and requests by their listing, and claims by when they lapse: what is due
is found by timers, and everything else by the other indexes of its table. Of accounts, one of a
purpose is looked for among all but the escrows, of which each deal has its own.
"""

from __future__ import annotations

from alembic import op

from marketplace.store.migrations.names import Names

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

# By table: the columns, and which rows.
_UNASKED = (
    ("transaction", ["process", "process_version"], None),
    ("event_recipient", ["event_id"], None),
    ("review_window", ["state", "closes_at"], None),
    ("review", ["listing_id"], "listing_id is not null"),
    ("match", ["listing_id"], None),
    ("request", ["listing_id"], "listing_id is not null"),
    ("reservation", ["until"], "state <> 'freed' and until is not null"),
)
_ESCROWS_ASIDE = "purpose <> 'escrow'"


def upgrade() -> None:
    """Drop them, and have the accounts' without escrows."""
    for noun, columns, _ in _UNASKED:
        _drop(noun, columns)
    _drop("account", ["purpose"])
    Names.here().index("account", ["purpose"], unique=False, where=_ESCROWS_ASIDE)


def downgrade() -> None:
    """Make them again."""
    _drop("account", ["purpose"])
    Names.here().index("account", ["purpose"], unique=False)
    for noun, columns, where in reversed(_UNASKED):
        Names.here().index(noun, columns, unique=False, where=where)


def _drop(noun: str, columns: list[str]) -> None:
    names = Names.here()
    index = names(f"{noun}_{'_'.join(columns)}_ix")
    op.drop_index(index, table_name=names(noun), schema=names.schema)
