"""Checkouts: deals of several sellers opened, paid and given up as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import Factory, define

from marketplace.app.as_one import leaving, paying
from marketplace.app.bargaining import refuse_unagreed
from marketplace.app.claiming_together import claim_together
from marketplace.app.context import Context
from marketplace.app.door import DECIDED_NOTHING, Act, By, Door, looked_at
from marketplace.app.engine import run, set_out, take
from marketplace.app.hoarding import holds_soon
from marketplace.app.joining import Joins
from marketplace.app.means import change_means
from marketplace.app.move import Move, Outset
from marketplace.app.opening import Opening, draw_up, write_down
from marketplace.app.quotes import Asking, refuse_stale
from marketplace.app.reading import Page, Reader
from marketplace.app.requests import end_request, own_request
from marketplace.app.resuming_together import come_to_a_halt, deals_of
from marketplace.app.transactions import Transactions, request_of
from marketplace.app.wares import lock_listings
from marketplace.domain.checkout import Checkout, CheckoutView, LeftOut, allot
from marketplace.domain.listing import Listing
from marketplace.domain.money import Money
from marketplace.domain.party import CUSTOMER, Party
from marketplace.domain.payment import Pay, Payment, all_pays
from marketplace.domain.process import Process
from marketplace.domain.quote import Quote
from marketplace.domain.reason import Reason
from marketplace.domain.request import Request
from marketplace.domain.transaction import Transaction
from marketplace.domain.transition import Transition
from marketplace.errors import (
    Conflict,
    Expired,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    LimitExceeded,
    NotFound,
    Outcome,
    Refused,
)

Asked = tuple[Request, Quote]
Way = Callable[[Process, str], Transition | None]


@define
class _Placing:
    """A checkout in the making."""

    act: Act
    id: str
    together: bool
    pays: Sequence[Pay]
    entry: str | None
    asks: Mapping[str, Any]
    at: int = 0
    """Which of the quotes is dealt with: it is the one that a refusal is about."""
    locked: Mapping[str, Listing] = Factory(dict)
    """The listings of all quotes, by their ids."""


class Checkouts:
    """The verbs of checkouts."""

    def __init__(
        self, context: Context, door: Door, reader: Reader, transactions: Transactions
    ) -> None:
        self._context = context
        self._door = door
        self._reader = reader
        self._transactions = transactions

    def place(
        self,
        quotes: Sequence[str],
        *,
        by: By,
        pay: Pay | Sequence[Pay] = (),
        together: bool = True,
        entry: str | None = None,
        asks: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Checkout:
        """Begin a deal on each of the quotes, and pay them by one payment.

        ``pay`` is for all of it: a fixed part is split over what is due in each deal. Whoever
        pays is asked once. With ``together`` it is all or nothing: a refusal of one is raised
        (``params`` name its quote), and no deal is paid before all are. Without, each deal stands
        for itself, and ``left_out`` says of the others why; if none can be opened, the last
        refusal is raised.
        """
        pays = all_pays(pay)
        named = tuple(quotes)

        def do(act: Act) -> Checkout:
            placing = _Placing(act, act.new("checkout"), together, pays, entry, asks or {})
            return self._place(placing, _asked(act, named))

        body: dict[str, Any] = {"quotes": named, "pay": pays, "together": together}
        body |= {"entry": entry, "asks": asks}
        first = [looked_at(Quote, *named[: self._context.limits.checkout], lock=False)]
        return self._door.run("checkouts.place", by, do, body=body, key=key, first=first)

    def _place(self, placing: _Placing, asked: Sequence[Asked]) -> Checkout:
        act, rest, left = placing.act, list(asked), list[LeftOut]()
        count_holds = holds_soon(act)
        placing.locked = lock_listings(act, asked)
        while True:
            count_holds()
            mark = act.mark()
            try:
                if placing.together:
                    deals = self._open(placing, rest)
                else:
                    with act.context.store.begin():
                        deals = self._open(placing, rest)
                break
            except Outcome as no:
                quote = rest[placing.at][1].id
                no.params = {"quote": quote, **no.params}
                if not _leaves_out(placing, no) or len(rest) == 1:
                    raise
                # What is paid in fixed parts is split anew over those that are left.
                act.back(mark)
                left.append(LeftOut(quote, Reason(no.code, no.params)))
                del rest[placing.at]
        come_to_a_halt(act)
        for one in {request.id: request for request, _ in rest}.values():
            end_request(act, one, "agreed")
        request, first = asked[0]
        checkout = Checkout(
            id=placing.id,
            customer_id=request.customer_id,
            currency=first.paid_in,
            created_at=act.at,
            together=placing.together,
            left_out=tuple(left),
        )
        act.work.add(checkout)
        act.about(checkout.id)
        told = {"transactions": deals, "left_out": [one.quote_id for one in left]}
        act.emit("checkout.placed", checkout.id, told, [checkout.customer_id])
        return checkout

    def _open(self, placing: _Placing, asked: Sequence[Asked]) -> list[str]:
        """Open them all, then take the entry of each; gives their ids."""
        act = placing.act
        act.joins = Joins(placing.id, placing.together)
        openings: list[Opening] = []
        for placing.at, (request, quote) in enumerate(asked):
            openings.append(Opening.on(act, request, quote, known=placing.locked))
        dues = [one.dues() for one in openings]
        _refuse_unknown_purses(placing.pays, dues)
        allotted = allot(placing.pays, dues)
        alike: dict[str, list[Pay]] = {}
        for (request, _), mine in zip(asked, allotted, strict=True):
            alike.setdefault(request.id, []).extend(mine)
        begun: list[Outset] = []
        for placing.at, opening in enumerate(openings):
            mine, every = allotted[placing.at], alike[opening.request.id]
            begun.append(draw_up(act, opening, mine, checkout_id=placing.id, every=every))
        write_down(act, begun)
        # In one order for everybody, as the listings are locked.
        in_order = sorted(range(len(asked)), key=lambda at: asked[at][1].listing_id or "")
        setting_out = []
        for placing.at in in_order:
            outset = begun[placing.at]
            first = self._transactions.entry_row(outset.transaction, placing.entry)
            move = Move.first(act, outset, placing.asks)
            setting_out.append((move, set_out(move, first)))
        claim_together(act, setting_out)
        for placing.at, (move, entry) in zip(in_order, setting_out, strict=True):
            run(move, entry, 0)
        return [one.transaction.id for one in begun]

    def pay(
        self,
        checkout_id: str,
        *,
        by: By,
        means: str | None = None,
        method: str | None = None,
        key: str | None = None,
    ) -> Checkout:
        """Pay again, after a no or a bank's challenge: in every deal that waits for it.

        With other ``means`` what the actor pays is paid with that from now on.
        """
        if method is not None and means is None:
            raise InvalidInput("another payment method needs its means: name both")

        def do(act: Act) -> Checkout:
            return self._take_all(act, checkout_id, paying, means, method)

        body: dict[str, Any] = {"checkout": checkout_id}
        body |= {} if means is None else {"means": means, "method": method}
        return self._door.run("checkouts.pay", by, do, body=body, key=key)

    def withdraw(self, checkout_id: str, *, by: By, key: str | None = None) -> Checkout:
        """Give up every deal that waits to be paid again."""

        def do(act: Act) -> Checkout:
            return self._take_all(act, checkout_id, leaving)

        body = {"checkout": checkout_id}
        return self._door.run("checkouts.withdraw", by, do, body=body, key=key)

    def _take_all(
        self,
        act: Act,
        checkout_id: str,
        way: Way,
        means: str | None = None,
        method: str | None = None,
    ) -> Checkout:
        checkout = act.work.find(Checkout, id=checkout_id)
        mine = checkout is not None and act.actor.party_id in (None, checkout.customer_id)
        if checkout is None or not mine:
            raise NotFound(f"no checkout {checkout_id!r}")
        act.about(checkout.id, checkout)
        deals = deals_of(act, checkout.id)
        rows = [way(act.context.process(deal), deal.state) for deal in deals]
        if not any(rows) or (checkout.together and not all(rows)):
            states = sorted({deal.state for deal in deals})
            raise IllegalTransition(
                f"its deals do not wait to be paid: they are {', '.join(states)}",
                code="not_to_be_paid",
                params={"states": states},
            )
        act.joins = Joins(checkout.id, checkout.together)
        for deal, row in zip(deals, rows, strict=True):
            if row is None:
                continue
            if means is not None:
                change_means(act, deal, means, method)
            take(act, deal, row.name)
        come_to_a_halt(act)
        return checkout

    def get(self, checkout_id: str, *, by: By) -> CheckoutView:
        """A checkout with its deals and what was paid for each: for its customer and the operator.

        A seller reads its own deal, and never what was bought beside it.
        """
        with self._reader.read(by) as view:
            checkout = view.work.find(Checkout, id=checkout_id)
            if checkout is None or not view.own(checkout.customer_id):
                raise NotFound(f"no checkout {checkout_id!r}")
            limit = view.context.limits.page
            deals = view.work.select(Transaction, {"checkout_id": checkout_id}, limit=limit)
            where = {"transaction_id": [deal.id for deal in deals]}
            paid: dict[tuple[str, str], Money] = {}
            for one in view.work.select(Payment, where, limit=10 * limit):
                place, zero = (one.transaction_id, one.purse), Money.zero(one.currency)
                paid[place] = paid.get(place, zero) + Money(one.held + one.kept, one.currency)
            roles = {CUSTOMER.name}
            shown = [
                self._transactions.visible(one, roles, everything=view.operator) for one in deals
            ]
            return CheckoutView(checkout, tuple(shown), paid)

    def list(
        self,
        *,
        by: By,
        customer: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Checkout]:
        """The actor's own checkouts; the operator sees all. A filter never widens the scope."""
        with self._reader.read(by) as view:
            where = view.scope("customer_id", customer)
            return view.page(Checkout, where, after=after, limit=limit)


def _asked(act: Act, quotes: Sequence[str]) -> list[Asked]:
    """The quotes with their requests, all of one customer and in one currency."""
    most = act.context.limits.checkout
    if not quotes or len(set(quotes)) < len(quotes):
        raise InvalidInput("name the quotes of a checkout, each once")
    if len(quotes) > most:
        raise LimitExceeded(f"a checkout has {most} deals at most", params={"limit": most})
    read = act.work.select(Quote, {"id": quotes}, limit=len(quotes))
    there = {quote.id: quote for quote in read}
    requests = {one: request_of(act, one, there.get(one)) for one in quotes}
    act.work.gather(Request, "id", requests.values(), lock=True)
    act.work.gather(Party, "id", [one.provider_id for one in read if one.provider_id is not None])
    found: list[Asked] = []
    known: dict[str, Asking] = {}
    for quote_id, request_id in requests.items():
        if request_id not in known:
            known[request_id] = Asking.of(own_request(act, request_id))
        request = known[request_id].request
        if request.state != "open":
            raise IllegalTransition(f"this request is {request.state}; open another one")
        quote = there[quote_id]
        refuse_stale(act, quote, known[request_id])
        refuse_unagreed([quote])
        found.append((request, quote))
    if len({request.customer_id for request, _ in found}) > 1:
        raise InvalidInput("a checkout is one customer's; these quotes are for several")
    currencies = sorted({quote.paid_in for _, quote in found})
    if len(currencies) > 1:
        raise InvalidInput(
            f"a checkout is paid in one currency; these are in {' and '.join(currencies)}",
            code="currency_mismatch",
            params={"currencies": currencies},
        )
    return found


def _refuse_unknown_purses(pays: Sequence[Pay], dues: Sequence[Mapping[str, int]]) -> None:
    known = sorted({purse for one in dues for purse in one})
    for pay in pays:
        if pay.purse not in known:
            raise InvalidInput(f"these deals have purses {', '.join(known)}, not {pay.purse!r}")


def _leaves_out(placing: _Placing, no: Outcome) -> bool:
    """Whether a deal is left out for it: not for what the customer may not do or did wrong."""
    if placing.together or no.code in DECIDED_NOTHING:
        return False
    wrong = isinstance(no, Forbidden | LimitExceeded)
    return isinstance(no, Conflict | Expired | Refused) and not wrong
