"""The plugin's own tables: as the migrations make them, under any name, and taken back."""

from __future__ import annotations

from pathlib import Path

from marketplace import Marketplace
from marketplace.plugins.ical import ICal
from marketplace.store.migrations import differences, downgrade, pending
from marketplace.store.opening import open_store
from tests.support.calendar_server import Site
from tests.support.calendars import Valley, calendar, stay

PLUGIN = ICal(domain="valley.example")


def test_the_migrations_make_the_tables(empty_database_url: str) -> None:
    """After all migrations nothing differs from the tables the code knows; taken back, nothing of
    them is left."""
    Marketplace.migrate(empty_database_url, [PLUGIN])
    store = open_store(empty_database_url, create="never")
    (branch,) = PLUGIN.bring().tables
    assert differences(store, [branch]) == []
    downgrade(store, "base", branch)
    assert {one.branch for one in pending(store, [branch])} == {"ical"}
    store.close()


def test_two_marketplaces_in_one_database(tmp_path: Path, site: Site) -> None:
    """Under a prefix the tables are the marketplace's own: two in one database follow the same
    calendar and know nothing of each other."""
    url = f"sqlite:///{tmp_path / 'two.sqlite'}"

    class Prefixed(Valley):
        prefix = ""

        def open(self, target: str) -> Marketplace:
            from tests.support.calendars import Huts

            plugins = [Huts(), self.plugin]
            return Marketplace.open(
                target, plugins, clock=self.clock, create="missing", prefix=self.prefix
            )

    class Second(Prefixed):
        prefix = "b_"

    first, second = Prefixed(url, site), Second(url, site)
    huts = [one.hut() for one in (first, second)]
    body = calendar(stay("a", "20261201", "20261205"))
    feed = first.follow(huts[0], body)
    second.follow(huts[1], body)
    assert [
        len(one.feeds.list(hut, by=one.host))
        for one, hut in zip((first, second), huts, strict=True)
    ] == [1, 1]
    first.feeds.remove(feed.id, by=first.host)
    assert second.nights(huts[1]) == ["b 12-01 12-05"]
    first.market.close()
    second.market.close()
