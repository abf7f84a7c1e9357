"""How transactions begin: on a quote, on an accepted offer, or after another one's end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from marketplace.app.bargaining import terms_of
from marketplace.app.books import DUES_ROLE, TAX_ROLE
from marketplace.app.door import Act
from marketplace.app.move import Outset
from marketplace.app.onboarding import refuse_unready
from marketplace.app.requests import end_request
from marketplace.app.seating import named_seats, refuse_inactive
from marketplace.app.till import check_payments
from marketplace.app.wares import held_out, index_of, numbered, priced, shared
from marketplace.domain.freezing import frozen, function_of
from marketplace.domain.item import Numbered
from marketplace.domain.known_lines import check_collected
from marketplace.domain.listing import Listing
from marketplace.domain.method import ANY_METHOD, FREE_OF_CHARGE, PaymentMethod
from marketplace.domain.party import CUSTOMER, OPERATOR, PROVIDER
from marketplace.domain.payment import Consent, Pay, Payment
from marketplace.domain.process import Process
from marketplace.domain.prover import admitted
from marketplace.domain.quote import Line, Quote, units_owed
from marketplace.domain.rate import Rate
from marketplace.domain.reason import Reason
from marketplace.domain.request import Request
from marketplace.domain.span import utc
from marketplace.domain.transaction import Seat, Terms, Transaction
from marketplace.domain.vertical import WHOLE_SHARE, Choice, Vertical
from marketplace.errors import (
    Forbidden,
    InvalidInput,
    LimitExceeded,
    NotFound,
    PluginError,
    Refused,
)

_transaction, _seat = function_of(Transaction), function_of(Seat)
_terms, _payment = function_of(Terms), function_of(Payment)

__all__ = [
    "Opening",
    "begin",
    "check_seats",
    "draw_up",
    "open_on_quote",
    "write_down",
]


@frozen
class Opening:
    """A deal before it is opened: what it is about, and by which process it goes."""

    request: Request
    quote: Quote
    vertical: Vertical
    wares: Sequence[Listing]
    items: Sequence[Numbered]
    choice: Choice
    process: Process
    purses: Sequence[str]
    """The purses that can be paid in it: its own, and those of deals that its rows open."""

    @classmethod
    def on(
        cls,
        act: Act,
        request: Request,
        quote: Quote,
        listing: Listing | None = None,
        known: Mapping[str, Listing] | None = None,
    ) -> Opening:
        """On a quote, about what it names or about another listing; ``known`` are listings that
        are locked already. Raises ``Conflict`` where one is held out no more."""
        vertical = act.context.vertical(request.vertical)
        items = numbered(request, quote)
        wares = [] if listing is None else [listing]
        wares = wares or held_out(act, request, quote, items, known or {})
        about, terms = priced(items, wares), terms_of(quote)
        choice = Choice(request, shared(wares), act.at, about, quote.part, terms)
        process = _process(vertical, choice)
        owners = _owners(vertical, process)
        purses = tuple(dict.fromkeys(purse.name for one in owners for purse in one.purses))
        return cls(request, quote, vertical, wares, items, choice, process, purses)

    def dues(self) -> dict[str, int]:
        """What it will have due in each of its purses, in minor units."""
        lines, currency = self.quote.lines, self.quote.currency
        return {one: max(units_owed(lines, currency, one), 0) for one in self.purses}


def open_on_quote(act: Act, opening: Opening, pays: Sequence[Pay]) -> Outset:
    """Draw a deal up and write it down; its request is agreed on with it."""
    outset = draw_up(act, opening, pays)
    write_down(act, [outset])
    end_request(act, opening.request, "agreed")
    return outset


def draw_up(
    act: Act,
    opening: Opening,
    pays: Sequence[Pay],
    *,
    checkout_id: str | None = None,
    every: Sequence[Pay] | None = None,
) -> Outset:
    """A transaction in its start state, to be written down: terms frozen, seats filled as far as
    known.

    In a checkout ``every`` are the payments of all deals for the same request, which the checkout
    ends.
    """
    request, quote, process = opening.request, opening.quote, opening.process
    vertical, wares, choice = opening.vertical, opening.wares, opening.choice
    listing = choice.listing
    check_collected(quote.lines, opening.purses, f"a deal by {process.name!r} has")
    if any(one.provider_id == request.customer_id for one in wares):
        raise Forbidden("a party cannot deal with itself", code="self_dealing")
    seats = [(CUSTOMER.name, request.customer_id, WHOLE_SHARE)]
    if PROVIDER.name in process.fills:
        # Whoever accepts inside the deal sits there; two providers would share what one earned.
        listing = None
    elif wares:
        seats.append((PROVIDER.name, wares[0].provider_id, WHOLE_SHARE))
        refuse_inactive(act, wares[0].provider_id)
        refuse_unready(act, wares[0], "deal")
    if listing is not None:
        seats += named_seats(act, listing, {party: role for role, party, _ in seats})
    moments = {"start": request.start, "end": request.end}
    if vertical.moments is not None:
        moments |= _named_times(vertical, choice)
    outset = begin(
        act,
        request.vertical,
        process,
        request.currency,
        lines=quote.lines,
        policies=quote.policies,
        seats=seats,
        moments={key: value for key, value in moments.items() if value is not None},
        request_id=request.id,
        listing_id=None if listing is None else listing.id,
        checkout_id=checkout_id,
        items=opening.items,
        reasons=quote.reasons,
    )
    customer, rate = request.customer_id, quote.rate
    outset.payments = payments_of(
        act, outset.transaction, process, quote.lines, pays, customer, every, rate
    )
    outset.wares = wares
    return outset


def _process(vertical: Vertical, choice: Choice) -> Process:
    """The process of a new transaction: the one its vertical chooses, else its first."""
    if vertical.choose is None:
        return vertical.processes[0]
    name = vertical.choose(choice)
    process = vertical.process(name)
    if process is None:
        raise NotFound(f"vertical {vertical.name!r} has no process {name!r}")
    return process


def _named_times(vertical: Vertical, choice: Choice) -> Mapping[str, datetime]:
    """The times that the trade adds; raises ``PluginError`` for anything else than times."""
    said = None if vertical.moments is None else vertical.moments(choice)
    if isinstance(said, (dict, Mapping)):
        times = {name: utc(one) for name, one in said.items() if isinstance(one, datetime)}
        if len(times) == len(said):
            return times
    raise PluginError(
        f"moments of vertical {vertical.name!r} maps names of moments to datetimes, not {said!r}"
    )


def check_seats(lines: Sequence[Line], seats: Sequence[Seat]) -> None:
    """Nobody pays, or is paid, in a seat that is empty: said now, not after money was taken."""
    there = {seat.role for seat in seats} | {CUSTOMER.name, OPERATOR.name, TAX_ROLE, DUES_ROLE}
    empty = sorted({role for line in lines for role in (line.payer, line.payee)} - there)
    if empty:
        raise Refused(
            f"a line is for the {empty[0]}, and nobody sits in that seat",
            code="empty_seat",
            params={"role": empty[0]},
        )


def begin(
    act: Act,
    vertical: str,
    process: Process,
    currency: str,
    *,
    lines: Sequence[Line],
    policies: Mapping[str, object],
    seats: Sequence[tuple[str, str, int]],
    moments: Mapping[str, datetime],
    request_id: str | None,
    listing_id: str | None,
    origin_id: str | None = None,
    link: str | None = None,
    checkout_id: str | None = None,
    items: Sequence[Numbered] = (),
    reasons: Sequence[Reason] = (),
) -> Outset:
    """A transaction in its start state, who sits in it, and its first terms; to be written down."""
    missing = sorted(set(process.needs_moments) - set(moments))
    if missing:
        raise InvalidInput(
            f"{process.name} is timed by {', '.join(missing)}; name it in the request",
            code="missing_moment",
            params={"missing": missing},
        )
    transaction = _transaction(
        id=act.context.ids.new("transaction"),
        vertical=vertical,
        process=process.name,
        process_version=process.version,
        state=process.start,
        currency=currency,
        created_at=act.at,
        entered_at=act.at,
        request_id=request_id,
        listing_id=listing_id,
        origin_id=origin_id,
        link=link,
        checkout_id=checkout_id,
        moments=moments,
        terms_version=1,
        items=tuple(items),
    )
    sitting = [_seat(transaction.id, role, party, share) for role, party, share in seats]
    terms = _terms(
        transaction_id=transaction.id,
        version=1,
        occasion="agreed",
        lines=tuple(lines),
        policies=dict(policies),
        process=process.name,
        process_version=process.version,
        at=act.at,
        previous_hash="",
        reasons=tuple(reasons),
    )
    act.emit(
        "transaction.opened",
        transaction.id,
        {"process": process.name, "origin": origin_id, "link": link},
        [seat.party_id for seat in sitting],
    )
    sitting.sort(key=lambda seat: (seat.role, seat.party_id))
    return Outset(transaction, sitting, terms)


def write_down(act: Act, outsets: Sequence[Outset]) -> None:
    """Write what begins: of several deals each kind of their values at once."""
    act.work.add(
        *[one.transaction for one in outsets],
        *[seat for one in outsets for seat in one.seats],
        *[item for one in outsets for item in index_of(one.transaction)],
        *[one.terms for one in outsets],
        *[payment for one in outsets for payment in one.payments],
    )


def payments_of(
    act: Act,
    transaction: Transaction,
    process: Process,
    lines: Sequence[Line],
    pays: Sequence[Pay],
    customer_id: str | None,
    every: Sequence[Pay] | None = None,
    rate: Rate | None = None,
) -> list[Payment]:
    """Who pays how, to be written down; a purse in which something is due needs somebody who pays
    it.

    What is asked of a bank is asked at the rate, for good; what lies in our own books is paid in
    the deal's currency.
    """
    most = act.context.limits.payments
    if len(pays) > most:
        raise LimitExceeded(
            f"a deal is paid by {most} payments at most, not {len(pays)}", params={"limit": most}
        )
    rest_takers: set[str] = set()
    payments = []
    for position, pay in enumerate(pays):
        method = check_method(act, transaction, process, pay.purse, pay.method)
        if pay.amount is None:
            if pay.purse in rest_takers:
                raise InvalidInput(f"only one payment of purse {pay.purse!r} takes the rest")
            rest_takers.add(pay.purse)
        else:
            _check_part(pay, transaction.currency)
        party = pay.party_id or customer_id
        if party is None:
            raise InvalidInput("nobody sits in the customer's seat: name the party that pays")
        means = _means(act, transaction, party, pay, pays if every is None else every)
        payments.append(
            _payment(
                id=act.context.ids.new("payment"),
                transaction_id=transaction.id,
                purse=pay.purse,
                party_id=party,
                method=method.name,
                currency=transaction.currency,
                created_at=act.at,
                means=means,
                asked=None if pay.amount is None else pay.amount.amount,
                position=position,
                checkout_id=transaction.checkout_id,
                rate=rate if method.calls else None,
            )
        )
    for one in payments:
        if one.party_id != customer_id:
            # Who pays for a deal of others learns so which one it is, and may read it.
            act.emit("payment.agreed", one.id, {"transaction": transaction.id}, [one.party_id])
    for purse in process.purses:
        if process.collects(purse.name):
            check_payments(lines, purse.name, [one for one in payments if one.purse == purse.name])
    return payments


def check_method(
    act: Act, transaction: Transaction, process: Process, purse: str, name: str
) -> PaymentMethod:
    """The payment method, if the purse may be paid by it; else ``InvalidInput`` says by which."""
    method = act.context.method(name)
    if method.name in (ANY_METHOD.name, FREE_OF_CHARGE.name):
        raise InvalidInput("name a real payment method; what costs nothing needs none")
    owner = _owner(act, transaction, process, purse)
    if not admitted(owner, [method]):
        # Nothing was proved for it: what it cannot do, a hold's end for one, would never be done.
        fit = admitted(owner, act.context.methods.values())
        named = ", ".join(one.name for one in fit if one != FREE_OF_CHARGE)
        raise InvalidInput(f"{owner.name} is paid by {named or 'nothing here'}, not {method.name}")
    return method


def _owner(act: Act, transaction: Transaction, process: Process, purse: str) -> Process:
    """The process whose purse is named: the deal's own, or one that its rows open beside it."""
    owners = _owners(act.context.vertical(transaction.vertical), process)
    for one in owners:
        if purse in one.purse_names:
            return one
    known = ", ".join(each.name for one in owners for each in one.purses)
    raise InvalidInput(f"{process.name} has purses {known}, none called {purse!r}")


def _owners(vertical: Vertical, process: Process) -> Sequence[Process]:
    if not process.linked:
        return (process,)
    beside = [one for one in map(vertical.process, process.linked) if one is not None]
    return [process, *beside]


def _check_part(pay: Pay, currency: str) -> None:
    assert pay.amount is not None
    if pay.amount.currency != currency:
        raise InvalidInput(
            f"this is priced in {currency}, a payment of {pay.amount} does not fit",
            code="currency_mismatch",
            params={"price": currency, "payment": pay.amount.currency},
        )
    if pay.amount.amount < 0:
        raise InvalidInput(f"a payment is zero or more, not {pay.amount}")


def _means(
    act: Act, transaction: Transaction, party: str, pay: Pay, pays: Sequence[Pay]
) -> str | None:
    """What is paid with. Somebody else pays with what, and as much as, it agreed to, once."""
    if act.actor.party_id in (None, party):
        return pay.means
    consent = act.work.find(Consent, request_id=transaction.request_id or "", party_id=party)
    theirs = [one for one in pays if one.party_id == party]
    fits = (
        consent is not None
        and transaction.origin_id is None
        and all(one.method == consent.method and one.amount is not None for one in theirs)
        and sum(one.amount.amount for one in theirs if one.amount) <= consent.most
    )
    if consent is None or not fits:
        raise Forbidden(
            f"party {party} did not agree to pay this much by {pay.method} for the request",
            code="no_consent",
            params={"party": party, "method": pay.method},
        )
    return consent.means
