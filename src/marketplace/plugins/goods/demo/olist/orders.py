"""Orders out of the tables of a folder: what was bought of whom, how paid, and what became of it.

What no order can be made of is refused with its reason, and what contradicts itself a little is
mended and counted: times are made to ascend.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from attrs import define, evolve, field, frozen

from marketplace import InvalidInput, Place
from marketplace.plugins.goods.demo.olist.rows import BadRow, Folder, Row, amount, name, whole

STATES = (
    "delivered", "shipped", "canceled", "invoiced", "processing", "approved", "unavailable",
    "created",
)  # fmt: skip
METHODS = ("credit_card", "boleto", "voucher", "debit_card")
_ORDERS = (
    "order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_approved_at",
    "order_delivered_carrier_date", "order_delivered_customer_date",
    "order_estimated_delivery_date",
)  # fmt: skip
_ITEMS = ("order_id", "order_item_id", "product_id", "seller_id", "price", "freight_value")
_PAID = ("order_id", "payment_sequential", "payment_type", "payment_value")
_REVIEWS = (
    "order_id", "review_score", "review_comment_title", "review_comment_message",
    "review_creation_date", "review_answer_timestamp",
)  # fmt: skip
_PRODUCTS = ("product_id", "product_category_name", "product_weight_g")
_CATEGORIES = ("product_category_name", "product_category_name_english")
_CUSTOMERS = ("customer_id", "customer_unique_id", "customer_zip_code_prefix", "customer_state")
_PLACES = ("zip_code_prefix", "lat", "lng")
_SELLERS = ("seller_id", "seller_zip_code_prefix", "seller_state")
OTHER = "other"
"""Of products that name no category."""

T = TypeVar("T")


@frozen
class Ware:
    """Something that a seller sells."""

    product: str
    seller: str


@frozen
class Bought:
    """So many pieces of a ware, each at this price and with this freight, in minor units."""

    ware: Ware
    price: int
    freight: int
    quantity: int = 1


@frozen
class Part:
    """What was paid in one way."""

    method: str
    amount: int


@frozen
class Judgement:
    """A review: when it was asked for, and answered."""

    rating: int
    text: str
    at: datetime


@frozen
class Person:
    """A customer, and where: an account may have ordered to several places."""

    id: str
    zip: str
    state: str


@frozen
class Order:
    """One order's whole life; moments are in UTC and ascend."""

    id: str
    person: Person
    state: str
    bought_at: datetime
    approved_at: datetime | None
    carried_at: datetime | None
    delivered_at: datetime | None
    promised_at: datetime | None
    items: Sequence[Bought] = ()
    paid: Sequence[Part] = ()
    review: Judgement | None = None

    @property
    def goods(self) -> int:
        """Prices of all pieces."""
        return sum(one.price * one.quantity for one in self.items)

    @property
    def freight(self) -> int:
        """Freight of all pieces."""
        return sum(one.freight * one.quantity for one in self.items)

    @property
    def given(self) -> int:
        """What was paid in all."""
        return sum(one.amount for one in self.paid)

    @property
    def late(self) -> bool:
        """Whether it came after it was promised."""
        came, promised = self.delivered_at, self.promised_at
        return came is not None and promised is not None and came > promised


@define
class Books:
    """All that a folder says."""

    orders: dict[str, Order] = field(factory=dict)
    categories: dict[str, str] = field(factory=dict)
    """Product to its category's English name."""
    weights: dict[str, int] = field(factory=dict)
    """Product to its grams."""
    sellers: dict[str, tuple[str, str]] = field(factory=dict)
    """Seller to the beginning of its postcode, and its state."""
    places: dict[str, tuple[float, float]] = field(factory=dict)
    """The beginning of a postcode to a latitude and a longitude."""
    sums: Counter[str] = field(factory=Counter)
    """``goods``, ``freight`` and ``paid`` of all rows that were not refused, row by row."""


def read(folder: Folder) -> Books:
    """Everything in the folder; refusals and mends are counted in ``folder.kept``."""
    books = Books()
    _read_wares(folder, books)
    people = dict(_each(folder, "customers", _CUSTOMERS, _person))
    for order in _each(folder, "orders", _ORDERS, lambda row: _order(folder, row, people)):
        if order.id in books.orders:
            folder.kept.refuse(BadRow("olist_twice", id=order.id).reason)
        else:
            books.orders[order.id] = order
    items, paid = _read_items(folder, books), _read_payments(folder, books)
    reviews = _read_reviews(folder, books)
    for order in books.orders.values():
        bought = items.get(order.id, {})
        books.orders[order.id] = evolve(
            order,
            items=tuple(evolve(one, quantity=count) for one, count in bought.items()),
            paid=tuple(part for _, part in sorted(paid.get(order.id, ()), key=_number)),
            review=reviews.get(order.id),
        )
    return books


def _number(one: tuple[int, Part]) -> int:
    return one[0]


def _read_items(folder: Folder, books: Books) -> dict[str, dict[Bought, int]]:
    """Order to what was bought: equal rows are pieces of one."""
    items, numbers = dict[str, dict[Bought, int]](), set[tuple[str, str]]()
    for where, one in _each(folder, "order_items", _ITEMS, lambda row: _item(row, books)):
        if where in numbers:
            folder.kept.refuse(BadRow("olist_twice", id=where[0]).reason)
            continue
        numbers.add(where)
        books.sums.update(goods=one.price, freight=one.freight)
        bought = items.setdefault(where[0], {})
        bought[one] = bought.get(one, 0) + 1
    return items


def _read_payments(folder: Folder, books: Books) -> dict[str, list[tuple[int, Part]]]:
    paid = dict[str, list[tuple[int, Part]]]()
    for order_id, number, part in _each(
        folder, "order_payments", _PAID, lambda row: _payment(row, books)
    ):
        books.sums["paid"] += part.amount
        paid.setdefault(order_id, []).append((number, part))
    return paid


def _read_reviews(folder: Folder, books: Books) -> dict[str, Judgement]:
    """Order to the review that was answered first."""
    reviews = dict[str, Judgement]()
    for order_id, review in _each(
        folder, "order_reviews", _REVIEWS, lambda row: _review(folder, row, books)
    ):
        before = reviews.get(order_id)
        if before is not None:
            folder.kept.refuse(BadRow("olist_review_twice", id=order_id).reason)
        if before is None or review.at < before.at:
            reviews[order_id] = review
    return reviews


def _each(
    folder: Folder, table: str, columns: Sequence[str], make: Callable[[Row], T]
) -> Iterator[T]:
    """What can be made of the rows of a table; the others are refused."""
    for row in folder.table(table, columns):
        try:
            yield make(row)
        except BadRow as error:
            folder.kept.refuse(error.reason)


def _read_wares(folder: Folder, books: Books) -> None:
    english = dict[str, str]()
    if folder.has("product_category_name_translation"):
        for row in folder.table("product_category_name_translation", _CATEGORIES):
            english[row[_CATEGORIES[0]]] = row[_CATEGORIES[1]]
    for product, category, grams in _each(folder, "products", _PRODUCTS, _product):
        books.categories[product] = english.get(category, category)[:60] or OTHER
        books.weights[product] = grams
    for seller, place in _each(folder, "sellers", _SELLERS, _seller):
        books.sellers[seller] = place
    if folder.has("zip_centroids"):
        books.places.update(_each(folder, "zip_centroids", _PLACES, _place))


def _place(row: Row) -> tuple[str, tuple[float, float]]:
    north, east = row["lat"][:20], row["lng"][:20]
    try:
        found = Place(float(north), float(east))
    except (ValueError, InvalidInput):
        raise BadRow("olist_no_place", latitude=north, longitude=east) from None
    return row["zip_code_prefix"], (found.lat, found.lon)


def _product(row: Row) -> tuple[str, str, int]:
    grams = whole(row, "product_weight_g", 1_000_000_000)
    return name(row, "product_id"), row["product_category_name"], grams


def _seller(row: Row) -> tuple[str, tuple[str, str]]:
    return name(row, "seller_id"), (row["seller_zip_code_prefix"][:9], row["seller_state"][:2])


def _person(row: Row) -> tuple[str, Person]:
    zip_code, state = row["customer_zip_code_prefix"][:9], row["customer_state"][:2]
    return name(row, "customer_id"), Person(name(row, "customer_unique_id"), zip_code, state)


def _order(folder: Folder, row: Row, people: Mapping[str, Person]) -> Order:
    order_id, customer = name(row, "order_id"), name(row, "customer_id")
    if customer not in people:
        raise BadRow("olist_no_customer", id=order_id)
    if row["order_status"] not in STATES:
        raise BadRow("olist_unknown_state", id=order_id, state=row["order_status"][:40])
    bought = folder.time(row, "order_purchase_timestamp")
    if bought is None:
        raise BadRow("olist_no_time", column="order_purchase_timestamp", value="")
    found = Order(
        id=order_id,
        person=people[customer],
        state=row["order_status"],
        bought_at=bought,
        approved_at=folder.time(row, "order_approved_at"),
        carried_at=folder.time(row, "order_delivered_carrier_date"),
        delivered_at=folder.time(row, "order_delivered_customer_date"),
        promised_at=folder.time(row, "order_estimated_delivery_date"),
    )
    return _mended(folder, found)


def _mended(folder: Folder, order: Order) -> Order:
    """The order with times that ascend, each of those that its end needs."""
    mend, last = folder.kept.mend, order.bought_at
    done = order.state == "delivered"
    away = done or order.state == "shipped"
    approved, carried, delivered = order.approved_at, order.carried_at, order.delivered_at
    if approved is None and (away or carried or delivered):
        mend("olist_never_approved", id=order.id)
        approved = last
    if approved is not None and approved < last:
        mend("olist_approved_before_bought", id=order.id)
    approved = None if approved is None else (last := max(last, approved))
    if carried is None and (away or delivered):
        mend("olist_never_carried", id=order.id)
        carried = last
    if carried is not None and carried < last:
        mend("olist_carried_before_approved", id=order.id)
    carried = None if carried is None else (last := max(last, carried))
    if delivered is None and done:
        mend("olist_never_delivered", id=order.id)
        delivered = max(last, order.promised_at or last)
    if delivered is not None and delivered < last:
        mend("olist_delivered_before_carried", id=order.id)
    delivered = None if delivered is None else max(last, delivered)
    return evolve(order, approved_at=approved, carried_at=carried, delivered_at=delivered)


def _item(row: Row, books: Books) -> tuple[tuple[str, str], Bought]:
    order_id, product, seller = (name(row, one) for one in ("order_id", "product_id", "seller_id"))
    if order_id not in books.orders:
        raise BadRow("olist_no_order", table="order_items", id=order_id)
    if product not in books.categories:
        raise BadRow("olist_no_product", id=product)
    if seller not in books.sellers:
        raise BadRow("olist_no_seller", id=seller)
    one = Bought(Ware(product, seller), amount(row, "price"), amount(row, "freight_value"))
    return (order_id, row["order_item_id"]), one


def _payment(row: Row, books: Books) -> tuple[str, int, Part]:
    order_id = name(row, "order_id")
    if order_id not in books.orders:
        raise BadRow("olist_no_order", table="order_payments", id=order_id)
    method, value = row["payment_type"], amount(row, "payment_value")
    if value == 0:
        raise BadRow("olist_pays_nothing", method=method[:40], id=order_id)
    if method not in METHODS:
        raise BadRow("olist_unknown_method", method=method[:40], known=", ".join(METHODS))
    return order_id, whole(row, "payment_sequential", 1_000), Part(method, value)


def _review(folder: Folder, row: Row, books: Books) -> tuple[str, Judgement]:
    order_id, rating = name(row, "order_id"), whole(row, "review_score", 5)
    if order_id not in books.orders:
        raise BadRow("olist_no_order", table="order_reviews", id=order_id)
    at = folder.time(row, "review_answer_timestamp")
    if not rating or at is None:
        raise BadRow("olist_no_review", id=order_id)
    told = (row["review_comment_title"], row["review_comment_message"])
    return order_id, Judgement(rating, "\n".join(one for one in told if one.strip()), at)
