"""Let what two parties gave each other, a deal's offers of a state and a provider's listings of a
vertical each be found by one index, however much else there is."""

from __future__ import annotations

from alembic import op

from marketplace.store.migrations.names import Names

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

# By table: the column that was looked up alone, those that narrow it, and which rows.
_NARROWED = (
    ("listing", "provider_id", ["vertical"], None),
    ("offer", "transaction_id", ["state"], "transaction_id is not null"),
    ("review", "author_id", ["subject_id", "state"], None),
)


def upgrade() -> None:
    """Put the other columns into each index."""
    names = Names.here()
    for noun, first, more, where in _NARROWED:
        op.drop_index(names(f"{noun}_{first}_ix"), table_name=names(noun), schema=names.schema)
        names.index(noun, [first, *more], unique=False, where=where)


def downgrade() -> None:
    """Take them out again."""
    names = Names.here()
    for noun, first, more, where in reversed(_NARROWED):
        old = names(f"{noun}_{'_'.join([first, *more])}_ix")
        op.drop_index(old, table_name=names(noun), schema=names.schema)
        names.index(noun, [first], unique=False, where=where)
