"""Laws of the prices of goods, over any article and any quantity."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from marketplace import Item, Line, Listing
from marketplace.plugins.goods.pricing import Page, Tariff, in_parts
from marketplace.plugins.goods.product import Product
from marketplace.plugins.goods.rules import RULES
from marketplace.plugins.goods.settings import GoodsTax
from marketplace.plugins.goods.wanted import Basket, Wanted

SUMS = st.integers(0, 1_000_000)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@st.composite
def products(draw: st.DrawFn) -> Product:
    """Any article with tiers and freight of its own."""
    froms = sorted(draw(st.sets(st.integers(1, 500), min_size=1, max_size=5)))
    said = {
        "tiers": [{"from": least, "price": draw(SUMS)} for least in froms],
        "moq": froms[0],
        "freight": {"first": draw(SUMS), "more": draw(SUMS)},
    }
    made = Listing("li_1", "goods", "pa_1", "A bowl", "EUR", NOON, attributes=said)
    return Product.of(made)


def lines_of(product: Product, more: int) -> list[Line]:
    """The lines of so many pieces above the least, with a tax."""
    basket = Basket([Wanted(None, Item(product.listing_id, product.moq + more), product)], "DE")
    return Tariff({}, {"DE": GoodsTax("VAT", 1_900)}, "goods").lines(basket, "EUR")


@given(products(), st.integers(0, 600))
def test_every_line_gives_its_amount_again(product: Product, more: int) -> None:
    """A line's rule and inputs give its amount, and no line is of nothing."""
    for line in lines_of(product, more):
        assert RULES[line.rule.removeprefix("goods.")](line.inputs) == line.amount.amount > 0


@given(products(), st.integers(0, 600))
def test_a_quantity_has_the_tier_that_it_reaches(product: Product, more: int) -> None:
    """The price of one is the last tier's whose least quantity is reached."""
    quantity = product.moq + more
    price, since = product.unit(quantity, None)
    assert since <= quantity
    assert (since, price) in product.tiers
    assert not [least for least, _ in product.tiers if since < least <= quantity]


@given(products(), st.integers(0, 600), st.lists(st.integers(1, 9_999), min_size=2, max_size=4))
def test_parts_come_to_the_whole(product: Product, more: int, weights: list[int]) -> None:
    """However a price is split into parts, no cent is lost of any line."""
    whole = lines_of(product, more)
    split = in_parts(whole, weights, Page("EUR", "goods"))
    for line in whole:
        of_it = [one.amount.amount for one in split if one.code == f"{line.code}_part"]
        assert sum(of_it) == line.amount.amount
