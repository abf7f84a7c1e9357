"""The tables of the catalogue: brought where there is one, and made as the code knows them."""

import pytest

from marketplace.plugins.goods import Goods, Picking
from marketplace.store import migrations
from marketplace.store.opening import open_store


@pytest.mark.parametrize("prefix", ["", "x_"])
def test_the_catalogue_s_revisions_make_its_tables(empty_database_url: str, prefix: str) -> None:
    """Nothing differs after the revisions; downgraded, nothing is left; without a catalogue goods
    bring no tables."""
    assert Goods().bring().tables == ()
    (branch,) = Goods(catalogue=Picking()).bring().tables
    store = open_store(empty_database_url, create="later", prefix=prefix)
    migrations.migrate(store, [branch])
    assert migrations.differences(store, [branch]) == []
    migrations.downgrade(store, "base", branch)
    assert len(migrations.differences(store, [branch])) >= 2
    store.close()
