"""Make the ledger: accounts, journals, transfers, balances."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.store.columns import Counter, Ident, Instant, Whole
from marketplace.store.migrations.names import Names

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    names = Names.here()
    _account(names)
    _journal(names)
    _transfer(names)
    _balance(names)


def downgrade() -> None:
    """Drop them."""
    names = Names.here()
    for noun in ["balance", "transfer", "journal", "account"]:
        op.drop_table(names(noun), schema=names.schema)


def _account(names: Names) -> None:
    op.create_table(
        names("account"),
        sa.Column("id", Ident, nullable=False),
        sa.Column("owner", Ident, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("guarded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=names("account_pk")),
        sa.UniqueConstraint("id", "currency", name=names("account_id_currency_uq")),
        schema=names.schema,
    )
    names.index("account", ["owner"], unique=False)
    names.index("account", ["purpose"], unique=False)


def _journal(names: Names) -> None:
    op.create_table(
        names("journal"),
        sa.Column("number", Counter, nullable=False, autoincrement=True),
        sa.Column("id", Ident, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", Ident, nullable=False),
        sa.Column("cause", Ident, nullable=False),
        sa.Column("reverses", Ident, nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=names("journal_pk")),
        sa.UniqueConstraint("id", name=names("journal_id_uq")),
        schema=names.schema,
    )
    names.index("journal", ["cause", "number"], unique=False)
    names.index("journal", ["key"], unique=True)
    names.index("journal", ["reverses"], unique=True, where="reverses is not null")


def _transfer(names: Names) -> None:
    op.create_table(
        names("transfer"),
        sa.Column("number", Counter, nullable=False, autoincrement=True),
        sa.Column("id", Ident, nullable=False),
        sa.Column("journal_id", Ident, nullable=False),
        sa.Column("debit", Ident, nullable=False),
        sa.Column("credit", Ident, nullable=False),
        sa.Column("amount", Whole, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("resolves", Ident, nullable=True),
        sa.PrimaryKeyConstraint("number", name=names("transfer_pk")),
        sa.ForeignKeyConstraint(
            ["credit", "currency"],
            names.of("account", "id", "currency"),
            name=names("transfer_credit_currency_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["debit", "currency"],
            names.of("account", "id", "currency"),
            name=names("transfer_debit_currency_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["journal_id"], names.of("journal", "id"), name=names("transfer_journal_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["resolves"], names.of("transfer", "id"), name=names("transfer_resolves_fk")
        ),
        sa.UniqueConstraint("id", name=names("transfer_id_uq")),
        sa.CheckConstraint("amount > 0", name=op.f(names("transfer_amount_ck"))),
        sa.CheckConstraint("debit <> credit", name=op.f(names("transfer_two_accounts_ck"))),
        schema=names.schema,
    )
    names.index("transfer", ["credit"], unique=False)
    names.index("transfer", ["debit"], unique=False)
    names.index("transfer", ["journal_id"], unique=False)
    names.index("transfer", ["resolves"], unique=True, where="resolves is not null")


def _balance(names: Names) -> None:
    op.create_table(
        names("balance"),
        sa.Column("account_id", Ident, nullable=False),
        sa.Column("posted", Whole, nullable=False),
        sa.Column("pending_in", Whole, nullable=False),
        sa.Column("pending_out", Whole, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=names("balance_pk")),
        sa.ForeignKeyConstraint(
            ["account_id"], names.of("account", "id"), name=names("balance_account_id_fk")
        ),
        sa.CheckConstraint("posted - pending_out >= 0", name=op.f(names("balance_available_ck"))),
        sa.CheckConstraint(
            "pending_in >= 0 and pending_out >= 0", name=op.f(names("balance_pending_ck"))
        ),
        schema=names.schema,
    )
