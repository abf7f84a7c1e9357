"""Real orders through the real engine: placed, paid, sent, received, reviewed, in order of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import define, field

from marketplace import (
    DAY,
    OPERATOR,
    Expired,
    Item,
    LedgerError,
    Listing,
    ManualClock,
    Marketplace,
    Money,
    NotFound,
    Outcome,
    Party,
    Pay,
    Reason,
    Refused,
    Role,
    Transaction,
    customer_owes,
)
from marketplace.plugins.goods.demo.olist.lives import Act, Life, moments
from marketplace.plugins.goods.demo.olist.orders import Books, Bought, Order, Ware
from marketplace.plugins.goods.demo.olist.rows import Ledgered
from marketplace.plugins.goods.demo.olist.shop import ELSEWHERE, Bank, OrderPolicy

TOGETHER = 64
"""Commands in one unit of work, at most."""
MOST = 1_000_000
PAYS = 100
"""So many parts may an order be paid in; the real ones know thirty at most."""
Progress = Callable[[int, str], None]


@define
class Replay:
    """The marketplace of one replay, and what has happened so far."""

    market: Marketplace
    clock: ManualClock
    bank: Bank
    policy: OrderPolicy
    books: Books
    kept: Ledgered
    """What was refused and mended while the files were read, and since."""
    counts: Counter[str] = field(factory=Counter)
    sums: Counter[str] = field(factory=Counter)
    """Of the orders that came to be deals: ``goods``, ``freight``, ``interest``, ``up``, ``down``,
    ``elsewhere``; of the others ``credited``."""
    lives: list[Life] = field(factory=list)
    deals: dict[str, Life] = field(factory=dict)
    """Transaction to the order that it is a part of."""
    sellers: dict[str, Party] = field(factory=dict)
    people: dict[str, Party] = field(factory=dict)
    balanced: int = 0
    """How often the ledger was summed; each time it came to nothing."""
    _listings: dict[Ware, Listing] = field(factory=dict)
    _sold_by: dict[str, Party] = field(factory=dict)
    """Listing to its seller."""
    _units: Counter[Ware] = field(factory=Counter)

    def run(self, orders: Sequence[Order], progress: Progress = lambda done, said: None) -> None:
        """Every order's life from beginning to end."""
        plan = list[tuple[datetime, Act, int]]()
        for number, order in enumerate(orders):
            self.lives.append(Life(order))
            for one in order.items:
                self._units[one.ware] += one.quantity
            plan += [(at, act, number) for at, act in moments(order, self.policy)]
        plan.sort()
        done, month = 0, plan[0][0].month
        for start, stop in _together(plan):
            now = plan[start][0]
            self.market.advance(max(now - self.clock.now(), timedelta(0)))
            if now.month != month:
                self._pay_out()
                month = now.month
            with self.market.batch():
                for at, act, number in plan[start:stop]:
                    self.clock.set(max(at, self.clock.now()))
                    self._do(act, self.lives[number])
                    done += act is Act.PLACE
            self.market.payments.work_off(MOST)
            progress(done, f"{now:%Y-%m-%d}")
        self.market.advance(self.policy.silence + DAY)
        self._pay_out()

    def _pay_out(self) -> None:
        """The sellers are paid what they earned, and the books come to nothing."""
        self.market.payouts.run(by=OPERATOR)
        self.market.payments.work_off(MOST)
        sums = self.market.ledger.sums()
        if any(sums.values()):
            raise LedgerError(f"the ledger sums to {sums}, not to nothing")
        self.balanced += 1

    def _do(self, act: Act, life: Life) -> None:
        do: dict[Act, Callable[[Life], object]] = {
            Act.PLACE: self._place,
            Act.CONFIRM: lambda life: self._sellers(life, "confirm"),
            Act.SHIP: lambda life: self._sellers(life, "ship", parcel=life.order.id[:8]),
            Act.DELIVER: self._deliver,
            Act.RECEIVE: lambda life: self._all(life, "receive", life.customer),
            Act.CALL_OFF: self._call_off,
            Act.COMPLAIN: self._complain,
            Act.DECIDE: self._decide,
            Act.REVIEW: self._review,
        }
        if act in (Act.PLACE, Act.REVIEW) or life.deals:
            do[act](life)

    # -- buying ------------------------------------------------------------------------------

    def _place(self, life: Life) -> None:
        """All of the order as one basket, each seller's part a deal; paid as it was paid."""
        order = life.order
        life.customer = self._person(order)
        try:
            with self.market.batch() as work:
                apart = self._apart(order)
                request = self.market.requests.open(
                    "goods",
                    by=life.customer,
                    currency=self.policy.currency,
                    items=self._items(order, apart),
                    attributes={"ship_to": {"country": "BR", "region": order.person.state}},
                )
                quotes = self.market.quotes.make_each(request.id, by=life.customer)
                checkout = self.market.checkouts.place(
                    [one.id for one in quotes],
                    by=life.customer,
                    pay=_pays(order, self.policy.currency),
                    together=True,
                )
                deals = work.select(Transaction, {"checkout_id": checkout.id}, limit=MOST)
        except Outcome as no:
            self._refuse(no)
            self._credit(life)
            return
        life.deals = {one.id: self._sold_by[one.items[0].item.listing_id] for one in deals}
        self.deals.update(dict.fromkeys(life.deals, life))
        self.counts["orders"] += 1
        self._count(order, apart)

    def _apart(self, order: Order) -> int:
        """What was paid above what it cost; raises where no deal can be made of the order."""
        if not order.items:
            raise Refused("an order without an item", code="olist_no_item")
        if len(order.paid) > PAYS:
            params = {"parts": len(order.paid), "most": PAYS}
            raise Refused("paid in too many parts", code="olist_too_many_parts", params=params)
        apart = order.given - order.goods - order.freight if order.paid else 0
        if abs(apart) > self.policy.rounding and not _interest(order, apart):
            told = Money(apart, self.policy.currency).decimal()
            raise Refused("sums too far apart", code="olist_sums_apart", params={"apart": told})
        return apart

    def _items(self, order: Order, apart: int) -> list[Item]:
        interest = _interest(order, apart)
        found = []
        for index, one in enumerate(order.items):
            last = index == len(order.items) - 1
            said = {
                "price": one.price,
                "freight": one.freight,
                "interest": interest if last else 0,
                "rounding": apart - interest if last else 0,
            }
            found.append(Item(self._listing(one).id, one.quantity, attributes=said))
        return found

    def _count(self, order: Order, apart: int) -> None:
        interest = _interest(order, apart)
        self.sums.update(goods=order.goods, freight=order.freight, interest=interest)
        self.sums.update(up=max(0, apart - interest), down=max(0, interest - apart))
        if interest:
            self.kept.mend("olist_interest")
        elif apart:
            self.kept.mend("olist_rounding")
        if not order.paid:
            self.kept.mend("olist_paid_elsewhere")
            self.sums["elsewhere"] += order.goods + order.freight

    def _credit(self, life: Life) -> None:
        """Money of which no deal came is its customer's."""
        assert life.customer is not None
        if life.order.given:
            money = Money(life.order.given, self.policy.currency)
            self.market.payments.top_up(life.customer.id, money, reference=life.order.id)
            self.bank.arrives(money)
            self.sums["credited"] += money.amount

    def _person(self, order: Order) -> Party:
        known = self.people.get(order.person.id)
        if known is None:
            known = self.market.parties.join(f"customer {order.person.id[:8]}")
            self.people[order.person.id] = known
        return known

    def _listing(self, one: Bought) -> Listing:
        """The ware as its seller holds it out, with as many pieces as the files sell of it."""
        ware = one.ware
        known = self._listings.get(ware)
        if known is not None:
            return known
        seller = self.sellers.get(ware.seller)
        if seller is None:
            seller = self.market.parties.join(f"seller {ware.seller[:8]}")
            self.sellers[ware.seller] = seller
        category = self.books.categories[ware.product]
        listings = self.market.listings
        drawn = listings.draft(
            "goods",
            by=seller,
            title=f"{category.replace('_', ' ')} {ware.product[:8]}",
            currency=self.policy.currency,
            attributes={
                "category": category,
                "price": one.price,
                "weight_g": self.books.weights[ware.product],
            },
        )
        listings.supply(drawn.id, by=seller, add=self._units[ware])
        self._sold_by[drawn.id] = seller
        self._listings[ware] = listings.publish(drawn.id, by=seller)
        return self._listings[ware]

    # -- afterwards --------------------------------------------------------------------------

    def _all(self, life: Life, row: str, by: Party | Role | None, **asks: Any) -> None:
        """Somebody takes a row in every deal of the order."""
        assert by is not None
        for deal in life.deals:
            self._take(deal, row, by, **asks)

    def _sellers(self, life: Life, row: str, **asks: Any) -> None:
        """Every seller takes a row in the deal that is its own."""
        for deal, seller in life.deals.items():
            self._take(deal, row, seller, **asks)

    def _take(self, deal: str, row: str, by: Party | Role, **asks: Any) -> None:
        try:
            with self.market.batch():
                self.market.transactions.take(deal, row, by=by, **asks)
        except Outcome as no:
            self._refuse(no)
        else:
            self.counts[row] += 1

    def _deliver(self, life: Life) -> None:
        told = f"delivered on {life.order.delivered_at:%Y-%m-%d}"
        self._sellers(life, "deliver", evidence=told)
        self.counts["came"] += 1
        self.counts["late"] += life.order.late

    def _call_off(self, life: Life) -> None:
        row = "call_off" if life.order.approved_at is not None else "refuse"
        self._sellers(life, row)

    def _complain(self, life: Life) -> None:
        said = {"why": "it was cancelled", "wants": "refund"}
        self._all(life, "complain", life.customer, **said)

    def _decide(self, life: Life) -> None:
        for deal in life.deals:
            lines = self.market.transactions.terms(deal, by=OPERATOR)[-1].lines
            owed = customer_owes(lines, self.policy.currency)
            self._take(deal, "decide", OPERATOR, refund=owed)

    def _review(self, life: Life) -> None:
        review = life.order.review
        assert review is not None
        assert life.customer is not None
        delivered = life.order.delivered_at
        if not life.deals:
            self.kept.refuse(Reason("olist_review_of_nothing"))
        elif delivered is not None and review.at < delivered:
            self.kept.mend("olist_review_before_end")
        for deal in life.deals:
            try:
                with self.market.batch():
                    self.market.reviews.write(
                        deal, by=life.customer, rating=review.rating, text=review.text
                    )
            except Outcome as no:
                self._refuse(self._why_no_review(deal, no))
                continue
            self.counts["reviews"] += 1

    def _why_no_review(self, deal: str, no: Outcome) -> Outcome:
        """Nothing is open where nobody may write: told by where the deal stands."""
        if not isinstance(no, Expired | NotFound):
            return no
        state = self.market.transactions.get(deal, by=OPERATOR).state
        over = state in self.market.context.verticals["goods"].processes[0].final
        code = "olist_review_too_late" if over else "olist_review_of_nothing"
        return Refused("no review is awaited", code=code)

    def _refuse(self, no: Outcome) -> None:
        plain = Reason(no.code, {"message": str(no), **no.params})
        reasons = getattr(no, "reasons", ()) or (plain,)
        self.kept.refuse(reasons[0])


def _together(plan: Sequence[tuple[datetime, Act, int]]) -> Iterable[tuple[int, int]]:
    """Slices of the plan that are one unit of work each.

    What is asked of a bank is answered between two of them, so that no order goes on in the unit
    in which it was placed; nor does one unit span more than a day.
    """
    start, placed = 0, set[int]()
    for index, (at, act, number) in enumerate(plan):
        full = index - start >= TOGETHER or at - plan[start][0] >= DAY
        if full or number in placed:
            yield start, index
            start = index
            placed.clear()
        if act is Act.PLACE:
            placed.add(number)
    yield start, len(plan)


def _interest(order: Order, apart: int) -> int:
    """The part of it that a card's bank took for paying later: above a cent, and by card."""
    return apart if apart > 1 and any(one.method == "credit_card" for one in order.paid) else 0


def _pays(order: Order, currency: str) -> list[Pay]:
    """As it was paid; the last takes the rest."""
    if not order.paid:
        return [Pay(ELSEWHERE)]
    *some, last = order.paid
    return [
        *(Pay(one.method, amount=Money(one.amount, currency)) for one in some),
        Pay(last.method),
    ]
