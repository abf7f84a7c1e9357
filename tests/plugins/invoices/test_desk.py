"""What the desk shows, to whom, and that nothing in it is taken for markup or a formula."""

import csv
import io
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from attrs import define, field

from marketplace import OPERATOR, Forbidden, InvalidInput, Item, NotFound, SetupError
from marketplace.plugins.invoices import InvoiceDesk
from tests.support.bazaar import Bazaar
from tests.support.billed import Billed, open_billed

NASTY = '=HYPERLINK("http://x","y")'
MARKUP = "<img src=x onerror=alert(1)>&\"'"


@pytest.fixture
def billed() -> Iterator[Billed]:
    """Yield a bazaar that writes invoices, in memory."""
    opened = open_billed("sqlite://")
    yield opened
    opened.market.close()


@define
class _Read(HTMLParser):
    """What a browser would make of a page."""

    tags: list[str] = field(factory=list)
    attributes: list[str] = field(factory=list)
    text: list[str] = field(factory=list)

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _read(page: str) -> _Read:
    read = _Read()
    read.feed(page)
    return read


@pytest.mark.attack(68)
@pytest.mark.behaviour("G15")
def test_no_cell_of_the_table_is_taken_for_a_formula(billed: Billed) -> None:
    """A seller that is called like a formula, with a tax number like one, stays a text; sums stay
    numbers, those below zero too; every row has every column."""
    seller = billed.seller(NASTY, tax_id="@SUM(A1)", address="+1")
    bowl = billed.bazaar.offer(by=seller, title="-2+3")
    deal = billed.received(billed.bazaar.buy(bowl), seller)
    told = billed.market.transactions.follow_up(
        deal.id, "claim", by=billed.bazaar.mia,
        asks={"why": "broken", "refund": billed.desk.list(by=OPERATOR)[0].money(1_00)},
    )  # fmt: skip
    billed.bazaar.take(told, "give_in", seller)
    rows = list(csv.DictReader(io.StringIO(billed.desk.csv(by=OPERATOR))))
    assert len(rows) == 6
    cells = [cell for row in rows for cell in row.values()]
    formulas = [one for one in cells if one[:1] in "=+@\t\r" and one]
    assert formulas == []
    dashed = [one for one in cells if one.startswith("-")]
    assert dashed
    assert all(float(one) < 0 for one in dashed)
    assert {f"'{NASTY}", "'@SUM(A1)"} <= set(cells)


@pytest.mark.attack(68)
def test_nothing_of_a_page_is_taken_for_markup(billed: Billed) -> None:
    """Names, addresses and titles stay text: the page has the tags of any other and no attribute
    that runs anything, and it fetches nothing."""
    seller = billed.seller(MARKUP, address=f"{MARKUP}\n{MARKUP}", tax_id=MARKUP)
    deal = billed.bazaar.buy(billed.bazaar.offer(by=seller, title=MARKUP))
    billed.received(deal, seller)
    sale = billed.told()["S-000001"]
    read = _read(billed.desk.html(sale.id, by=seller))
    assert not {"img", "script", "link", "iframe", "object"} & set(read.tags)
    assert set(read.attributes) <= {"lang", "charset", "name", "content", "class"}
    text = " ".join(read.text)
    assert text.count(MARKUP) == 5
    assert "http" not in text
    assert "url(" not in text


@pytest.mark.behaviour("G15")
def test_a_page_tells_what_is_asked_for_in_the_language_of_who_reads_it(billed: Billed) -> None:
    """Each line in words beside its amount, the sums, and of a credit note what it corrects; in
    Nepali with Nepali digits."""
    deal = billed.sold(Item(billed.bazaar.offer().id, 3), country="DE")
    billed.claimed(deal, 10_00)
    told = billed.told()
    sale = billed.desk.html(told["S-000001"].id, by=billed.bazaar.mia)
    read = [one.strip() for one in _read(sale).text if one.strip()]
    assert "A bowl, 3 pieces at EUR 10.00" in read
    assert read[-6:] == ["Net", "EUR 37.00", "Tax", "EUR 7.03", "Total", "EUR 44.03"]
    assert {"Invoice", "S-000001", "2026-01-01", "Sita", "Mia", deal.id} <= set(read)
    note = _read(billed.desk.html(told["SC-000001"].id, by=billed.bazaar.mia)).text
    assert {"Credit note", "Corrects S-000001", "EUR -44.03"} <= set(note)
    left = _read(billed.desk.html(told["S-000002"].id, by=billed.bazaar.mia)).text
    assert "A bowl" in left
    nepali = _read(billed.desk.html(told["S-000001"].id, by=OPERATOR, language="ne")).text
    assert {"बिजक", "जम्मा", "२०२६-०१-०१"} <= set(nepali)


@pytest.mark.behaviour("C8", "G15")
def test_an_invoice_is_seen_by_who_it_is_from_and_to(billed: Billed) -> None:
    """The buyer sees the sale and not the commission, a stranger nothing, and a filter never
    widens what one sees."""
    billed.sold(Item(billed.bazaar.offer().id))
    told, desk, bazaar = billed.told(), billed.desk, billed.bazaar
    assert desk.get(told["S-000001"].id, by=bazaar.mia) == told["S-000001"]
    assert desk.get(told["C-000001"].id, by=bazaar.seller) == told["C-000001"]
    for id, who in ((told["C-000001"].id, bazaar.mia), (told["S-000001"].id, bazaar.ben)):
        with pytest.raises(NotFound):
            desk.get(id, by=who)
        with pytest.raises(NotFound):
            desk.html(id, by=who)
    assert len(desk.list(by=bazaar.ben)) == 0
    assert len(desk.list(by=bazaar.ben, party=bazaar.seller.id)) == 0
    assert len(desk.csv(by=bazaar.mia, party=bazaar.seller.id).splitlines()) == 1
    assert [one.kind for one in desk.list(by=bazaar.seller, kind="commission")] == ["commission"]
    with pytest.raises(Forbidden):
        desk.issue(told["S-000001"].transaction_id, by=bazaar.seller)
    with pytest.raises(InvalidInput, match="sale or commission or fee"):
        desk.list(by=OPERATOR, kind="bill")  # type: ignore[arg-type]


def test_pages_of_invoices_come_in_order(billed: Billed) -> None:
    """Page by page every invoice comes once, and the table has them all."""
    bowl = billed.bazaar.offer()
    for _ in range(3):
        billed.sold(Item(bowl.id))
    found, after = [], None
    while True:
        page = billed.desk.list(by=OPERATOR, after=after, limit=4)
        found += [one.id for one in page]
        after = page.after
        if after is None:
            break
    assert len(found) == 6
    assert found == sorted(set(found))
    assert len(billed.desk.csv(by=OPERATOR).splitlines()) == 7


def test_a_desk_without_the_plugin_says_so(small_bazaar: Bazaar) -> None:
    """The desk needs the plugin."""
    with pytest.raises(SetupError, match=r"Invoices\(\)"):
        _ = InvoiceDesk(small_bazaar.market).plugin
