"""What is left of a person's name on invoices when the person is erased."""

from collections.abc import Sequence
from typing import Any

import pytest

from marketplace import OPERATOR, Item, Work
from marketplace.plugins.invoices import Invoice, kept
from tests.support.billed import Billed, open_billed


def _erased(database_url: str, *, keeps_names: bool) -> Billed:
    """A buyer's order is billed, and some of it given back; then the buyer is erased."""
    billed = open_billed(database_url, keeps_names=keeps_names)
    wishes = [{"name": "engraving", "kind": "text", "max": 20, "price": 1_00}]
    bowl = billed.bazaar.offer(custom=wishes)
    deal = billed.sold(Item(bowl.id, 3, "", {"custom": {"engraving": "for Xanadu"}}))
    billed.claimed(deal, 10_00)
    billed.market.advance(billed.market.context.vertical("goods").dispute_window)
    before = billed.told()
    billed.market.parties.erase(billed.bazaar.mia.id, by=OPERATOR)
    after = billed.told()
    assert {name: (one.net, one.tax, one.total) for name, one in after.items()} == {
        name: (one.net, one.tax, one.total) for name, one in before.items()
    }
    return billed


@pytest.mark.invariant(55)
def test_where_names_are_not_kept_numbers_and_sums_alone_are_left(database_url: str) -> None:
    """Neither the name nor a wish that was engraved is found on any page; nothing else changes, and
    the seller's name stays where it is not the one that is erased."""
    billed = _erased(database_url, keeps_names=False)
    for one in billed.told().values():
        page = billed.desk.html(one.id, by=OPERATOR)
        assert "Mia" not in page
        assert "Xanadu" not in page
        assert "Sita" in page
    billed.market.close()


def test_a_long_history_is_erased_page_by_page(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many invoices a person has, few are in memory at once, and each is erased."""
    read: list[int] = []
    whole = kept.page

    def counted(work: Work, **asked: Any) -> Sequence[Invoice]:
        found = whole(work, **asked)
        if asked["party"] is not None:
            read.append(len(found))
        return found

    monkeypatch.setattr(kept, "AT_ONCE", 2)
    monkeypatch.setattr(kept, "page", counted)
    billed = _erased(database_url, keeps_names=False)
    assert read == [2, 1, 0]
    assert "Mia" not in {one.receiver.name for one in billed.told().values()}
    billed.market.close()


def test_where_the_law_asks_for_it_invoices_say_who_they_were_for(database_url: str) -> None:
    """As they are opened, invoices are kept as they were issued."""
    billed = _erased(database_url, keeps_names=True)
    sales = [one for one in billed.told().values() if one.kind == "sale"]
    assert {one.receiver.name for one in sales} == {"Mia"}
    billed.market.close()
