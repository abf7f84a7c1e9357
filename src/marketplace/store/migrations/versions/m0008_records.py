"""Make records: timers, events, commands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Counter, Ident, Instant, Whole
from marketplace.store.migrations.names import Names

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    names = Names.here()
    _timer(names)
    _event(names)
    _party_counter(names)
    _event_recipient(names)
    _delivery_cursor(names)
    _command(names)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for noun in [
        "command",
        "delivery_cursor",
        "event_recipient",
        "party_counter",
        "event",
        "timer",
    ]:
        op.drop_table(names(noun), schema=names.schema)


def _timer(names: Names) -> None:
    op.create_table(
        names("timer"),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", Ident, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "subject_kind", "name", name=names("timer_pk")),
        schema=names.schema,
    )
    names.index("timer", ["due_at"], unique=False)


def _event(names: Names) -> None:
    op.create_table(
        names("event"),
        sa.Column("number", Counter, nullable=False, autoincrement=True),
        sa.Column("id", Ident, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", Ident, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", Ident, nullable=False),
        sa.Column("on_behalf_of", Ident, nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("parties", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=names("event_pk")),
        sa.UniqueConstraint("id", name=names("event_id_uq")),
        schema=names.schema,
    )
    names.index("event", ["subject_id", "number"], unique=False)


def _party_counter(names: Names) -> None:
    op.create_table(
        names("party_counter"),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("last", Whole, nullable=False),
        sa.PrimaryKeyConstraint("party_id", name=names("party_counter_pk")),
        schema=names.schema,
    )


def _event_recipient(names: Names) -> None:
    op.create_table(
        names("event_recipient"),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("number", Whole, nullable=False),
        sa.Column("event_id", Ident, nullable=False),
        sa.PrimaryKeyConstraint("party_id", "number", name=names("event_recipient_pk")),
        sa.ForeignKeyConstraint(
            ["event_id"], names.of("event", "id"), name=names("event_recipient_event_id_fk")
        ),
        schema=names.schema,
    )
    names.index("event_recipient", ["event_id"], unique=False)


def _delivery_cursor(names: Names) -> None:
    op.create_table(
        names("delivery_cursor"),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("party_id", Ident, nullable=False),
        sa.Column("number", Whole, nullable=False),
        sa.PrimaryKeyConstraint("consumer", "party_id", name=names("delivery_cursor_pk")),
        schema=names.schema,
    )


def _command(names: Names) -> None:
    op.create_table(
        names("command"),
        sa.Column("number", Counter, nullable=False, autoincrement=True),
        sa.Column("id", Ident, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("actor", Ident, nullable=False),
        sa.Column("on_behalf_of", Ident, nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("subject_id", Ident, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("before_hash", sa.Text(), nullable=False),
        sa.Column("after_hash", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=names("command_pk")),
        sa.UniqueConstraint("id", name=names("command_id_uq")),
        schema=names.schema,
    )
    names.index(
        "command", ["actor", "key"], unique=True, where="key is not null and outcome = 'done'"
    )
    names.index("command", ["subject_id", "number"], unique=False, where="subject_id is not null")
    names.index(
        "command", ["subject_id", "previous_hash"], unique=True, where="subject_id is not null"
    )
