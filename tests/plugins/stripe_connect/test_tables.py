"""The tables of Stripe: made by revisions, the same as the code knows, under any name."""

import pytest

from marketplace.plugins.stripe_connect import StripeConnect
from marketplace.store import migrations
from marketplace.store.opening import open_store

PLUGIN = StripeConnect("sk_test_0123456789", ("whsec_0123456789",), "https://bazaar.example/paid")


@pytest.mark.parametrize("prefix", ["", "x_"])
def test_the_revisions_make_the_tables_the_code_knows(empty_database_url: str, prefix: str) -> None:
    """After the branch's revisions nothing differs, with a prefix or without; downgraded, nothing
    of it is left."""
    branches = PLUGIN.bring().tables
    store = open_store(empty_database_url, create="later", prefix=prefix)
    done = migrations.migrate(store, branches)
    assert [one.branch for one in done].count("stripe") == 2
    assert migrations.differences(store, branches) == []
    migrations.downgrade(store, "base", branches[0])
    assert len(migrations.differences(store, branches)) >= 2
    store.close()


def test_the_tables_stand_in_the_marketplace_s_schema(postgresql_url: str) -> None:
    """Under a schema of PostgreSQL they stand beside the marketplace's own tables."""
    branches = PLUGIN.bring().tables
    store = open_store(postgresql_url, create="later", schema="shop", prefix="y_")
    migrations.migrate(store, branches)
    assert migrations.differences(store, branches) == []
    store.close()
