"""Transactions: opened on a quote, walked row by row, followed up after their end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marketplace.app.as_one import refuse_alone
from marketplace.app.context import Context
from marketplace.app.door import Act, By, Door, actor_of, looked_at
from marketplace.app.engine import enter, take
from marketplace.app.following import open_follow_up
from marketplace.app.move import deal_looked_at, roles_of
from marketplace.app.opening import Opening, open_on_quote
from marketplace.app.quotes import Asking, usable
from marketplace.app.reading import Page, Reader, View
from marketplace.app.requests import own_request
from marketplace.app.seats import seat_party, unseat_party
from marketplace.domain.evolving import evolve
from marketplace.domain.money import Money
from marketplace.domain.party import OPERATOR
from marketplace.domain.payment import Pay, Payment, all_pays
from marketplace.domain.ports import Condition
from marketplace.domain.quote import Line, Quote
from marketplace.domain.request import Request
from marketplace.domain.transaction import Seat, Terms, Transaction
from marketplace.domain.vertical import WHOLE_SHARE
from marketplace.errors import (
    Forbidden,
    IllegalTransition,
    InvalidInput,
    NotFound,
    Refused,
    StaleVersion,
)

PAYER = "payer"
"""What somebody is who pays for a deal without a seat in it, where attributes are guarded."""


class Transactions:
    """The verbs of transactions."""

    def __init__(self, context: Context, door: Door, reader: Reader) -> None:
        self._context = context
        self._door = door
        self._reader = reader

    def open(
        self,
        quote_id: str,
        *,
        by: By,
        request: str | None = None,
        pay: Pay | Sequence[Pay] = (),
        entry: str | None = None,
        asks: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Transaction:
        """Begin a deal on a quote: freeze its terms, name the ways to pay, take the entry row.

        ``request`` may be named to be sure of it; the quote knows the one it was made for.
        ``entry`` names the row taken from the start; with only one for the customer it may
        be left out. Raises what the quote, the row and the payments may raise.
        """
        pays = all_pays(pay)

        def do(act: Act) -> Transaction:
            asked = own_request(act, request or asked_for(act, quote_id))
            quote = usable(act, quote_id, Asking.of(asked))
            if asked.state != "open":
                raise IllegalTransition(f"this request is {asked.state}; open another one")
            outset = open_on_quote(act, Opening.on(act, asked, quote), pays)
            first = self.entry_row(outset.transaction, entry)
            return self.answered(act, enter(act, outset, first, asks))

        body = {"quote": quote_id, "request": request, "pay": pays, "entry": entry, "asks": asks}
        first = [looked_at(Request, request), looked_at(Quote, quote_id, lock=False)]
        opened = self._door.run("transactions.open", by, do, body=body, key=key, first=first)
        return self.again(opened, by)

    def entry_row(self, transaction: Transaction, name: str | None) -> str:
        """The row to take from the start: the named one, or the customer's only one."""
        if name is not None:
            return name
        process = self._context.process(transaction)
        rows = process.entries
        if len(rows) != 1:
            raise InvalidInput(
                f"{process.name} can be entered by {', '.join(rows) or 'no row of a customer'}; "
                "name one as entry"
            )
        return rows[0]

    def take(
        self,
        transaction_id: str,
        row: str,
        *,
        by: By,
        version: int | None = None,
        key: str | None = None,
        **asks: Any,
    ) -> Transaction:
        """Take a row of the transaction's process; what the row asks for goes by name.

        ``version`` guards against acting on what has changed since it was read.
        """

        def do(act: Act) -> Transaction:
            transaction = seen(act, transaction_id)
            refuse_alone(act, transaction)
            if version is not None and transaction.version != version:
                raise StaleVersion(
                    f"transaction {transaction_id} is at version {transaction.version}, "
                    f"you read {version}; read it again",
                    params={"version": transaction.version},
                )
            return self.answered(act, take(act, transaction, row, asks))

        body = {"transaction": transaction_id, "row": row, "version": version, "asks": asks}
        first = [deal_looked_at(transaction_id)]
        taken = self._door.run("transactions.take", by, do, body=body, key=key, first=first)
        return self.again(taken, by)

    def take_many(self, rows: Sequence[tuple[str, str]], *, by: By) -> Sequence[Transaction]:
        """Take one row in each of many transactions, in one unit of work: all or nothing."""

        def do(act: Act) -> list[Transaction]:
            taken = []
            for transaction, row in rows:
                deal = seen(act, transaction)
                refuse_alone(act, deal)
                taken.append(take(act, deal, row))
            return [self.answered(act, one) for one in taken]

        return self._door.run("transactions.take_many", by, do, body={"rows": rows})

    def follow_up(
        self,
        origin_id: str,
        process: str,
        *,
        by: By,
        amount: Money | None = None,
        lines: Sequence[Line] | None = None,
        pay: Pay | Sequence[Pay] = (),
        entry: str | None = None,
        asks: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Transaction:
        """Begin what comes after a deal's end: a tip, an adjustment, a lost item.

        The follow-up's process says who may open it, after which states, and until when. What
        it costs the plugins say, on the occasion of the process's name, out of ``amount``;
        the operator alone may name ``lines`` itself.
        """
        pays = all_pays(pay)

        def do(act: Act) -> Transaction:
            origin = seen(act, origin_id)
            if lines is not None and act.actor.role != OPERATOR:
                raise Forbidden("only the operator names the lines; others name an amount")
            outset = open_follow_up(act, origin, process, pays, amount=amount, lines=lines)
            first = entry or self._only_entry(act, outset.transaction)
            return self.answered(act, enter(act, outset, first, asks))

        body: dict[str, Any] = {"origin": origin_id, "process": process, "pay": pays}
        body |= {"lines": lines, "amount": amount, "entry": entry, "asks": asks}
        opened = self._door.run("transactions.follow_up", by, do, body=body, key=key)
        return self.again(opened, by)

    def seat(
        self,
        transaction_id: str,
        role: str,
        party: str,
        *,
        by: By,
        share_bp: int = WHOLE_SHARE,
        key: str | None = None,
    ) -> Seat:
        """Seat a party in a role beyond customer and provider: a co-host, a moderator.

        By the operator, or by whom the vertical's ``seats`` name for it; until the role's part
        is settled. Several who share a role split its lines in proportion of ``share_bp``.
        """

        def do(act: Act) -> Seat:
            return seat_party(act, seen(act, transaction_id), role, party, share_bp)

        body = {"transaction": transaction_id, "role": role, "party": party, "share": share_bp}
        return self._door.run("transactions.seat", by, do, body=body, key=key)

    def unseat(
        self, transaction_id: str, role: str, party: str, *, by: By, key: str | None = None
    ) -> None:
        """Empty such a seat again: by whoever may fill it, as long as it may be filled."""

        def do(act: Act) -> None:
            unseat_party(act, seen(act, transaction_id), role, party)

        body = {"transaction": transaction_id, "role": role, "party": party}
        self._door.run("transactions.unseat", by, do, body=body, key=key)

    def _only_entry(self, act: Act, transaction: Transaction) -> str:
        process = self._context.process(transaction)
        seats = act.work.select(Seat, {"transaction_id": transaction.id}, order="role")
        rows = process.takes(process.start, roles_of(act, seats))
        if len(rows) != 1:
            raise InvalidInput(f"name the entry: {', '.join(rows) or 'none is yours'}")
        return rows[0]

    def answered(self, act: Act, transaction: Transaction) -> Transaction:
        """What the actor may see of it: a command tells no more than a reading would."""
        guarded = self._context.vertical(transaction.vertical).visible
        if act.actor.party_id is None or not set(guarded) & set(transaction.attributes):
            return transaction
        where = {"transaction_id": transaction.id, "party_id": act.actor.party_id}
        seats = act.work.select(Seat, where, order="role")
        return self.visible(transaction, {seat.role for seat in seats})

    def again(self, transaction: Transaction, by: By) -> Transaction:
        """As it is after effects outside were carried out right away."""
        if transaction.pending is None or self._context.store.in_work():
            return transaction
        actor = actor_of(by)
        with self._context.store.begin(write=False) as work:
            fresh = work.get(Transaction, transaction.id)
            return self.answered(Act(self._context, work, actor, self._context.now()), fresh)

    def get(self, transaction_id: str, *, by: By) -> Transaction:
        """A transaction that the actor sits in or pays for, with the attributes it may see."""
        with self._reader.read(by) as view:
            return self._shown(view, transaction_id, payers=True)

    def _shown(self, view: View, transaction_id: str, *, payers: bool = False) -> Transaction:
        transaction = view.work.find(Transaction, id=transaction_id)
        seats = view.work.select(Seat, {"transaction_id": transaction_id}, order="role")
        roles = {seat.role for seat in seats if seat.party_id == view.actor.party_id}
        if payers and not roles and _payments_of(view, transaction_id):
            roles = {PAYER}
        if transaction is None or not (view.operator or roles):
            raise NotFound(f"no transaction {transaction_id!r}")
        return self.visible(transaction, roles, everything=view.operator)

    def visible(
        self, transaction: Transaction, roles: set[str], *, everything: bool = False
    ) -> Transaction:
        """The transaction without the attributes that these roles may not read."""
        guarded = self._context.vertical(transaction.vertical).visible
        if everything or not guarded:
            return transaction
        attributes = {
            name: value
            for name, value in transaction.attributes.items()
            if name not in guarded or roles & set(guarded[name])
        }
        return evolve(transaction, attributes=attributes)

    def list(
        self,
        *,
        by: By,
        party: str | None = None,
        role: str | None = None,
        state: str | None = None,
        vertical: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Transaction]:
        """Transactions that the actor sits in; the operator sees all. Filters never widen it."""
        with self._reader.read(by) as view:
            view.check_limit(limit)
            where: list[Condition] = []
            if state is not None:
                where.append(Condition("state", "=", state))
            if vertical is not None:
                where.append(Condition("vertical", "=", vertical))
            if not view.operator or party is not None:
                seat: dict[str, Any] = {"party_id": view.own(party or view.actor.party_id or "")}
                if role is not None:
                    seat["role"] = role
                page = _of_seats(view, seat, where, after, limit)
            else:
                page = view.page(Transaction, where, after=after, limit=limit)
            shown = tuple(self._shown(view, one.id) for one in page)
            return Page(shown, page.after)

    def seats(self, transaction_id: str, *, by: By) -> Sequence[Seat]:
        """Who sits where."""
        with self._reader.read(by) as view:
            self._shown(view, transaction_id)
            return view.work.select(Seat, {"transaction_id": transaction_id}, order="role")

    def terms(self, transaction_id: str, *, by: By) -> Sequence[Terms]:
        """Every frozen version of price and policies, the first first; for its payers too."""
        with self._reader.read(by) as view:
            self._shown(view, transaction_id, payers=True)
            return view.work.select(Terms, {"transaction_id": transaction_id}, order="version")

    def payments(self, transaction_id: str, *, by: By) -> Sequence[Payment]:
        """Who pays how, and how far it came; with what, only for whoever pays.

        Somebody who pays and does not sit in the deal sees its own payments alone.
        """
        with self._reader.read(by) as view:
            self._shown(view, transaction_id, payers=True)
            where = {"transaction_id": transaction_id}
            found = view.work.select(Payment, where, order="position")
            seat = {"transaction_id": transaction_id, "party_id": view.actor.party_id or ""}
            if not view.operator and not view.work.select(Seat, seat, order="role", limit=1):
                found = _payments_of(view, transaction_id)
            return [
                one if view.own(one.party_id) else evolve(one, means=None, reference=None)
                for one in found
            ]

    def allowed(self, transaction_id: str, *, by: By) -> Sequence[str]:
        """The rows that the actor may take now; ``propose alter`` for what needs both sides."""
        with self._reader.read(by) as view:
            transaction = self._shown(view, transaction_id)
            if transaction.pending is not None:
                return []
            seats = view.work.select(Seat, {"transaction_id": transaction_id}, order="role")
            act = Act(self._context, view.work, view.actor, self._context.now())
            roles = roles_of(act, seats)
            try:
                refuse_alone(act, transaction)
            except Refused:
                return []  # It is paid and given up as one with others.
            return self._context.process(transaction).allowed(transaction.state, roles)


def _payments_of(view: View, transaction_id: str) -> list[Payment]:
    """The reading party's own payments of a deal: a friend who agreed to pay part of it."""
    if view.actor.party_id is None:
        return []
    where = {"transaction_id": transaction_id, "party_id": view.actor.party_id}
    return view.work.select(Payment, where, order="position")


def asked_for(act: Act, quote_id: str) -> str:
    """The request of a quote that the actor may use; any other quote is not found."""
    return request_of(act, quote_id, act.work.find(Quote, id=quote_id))


def request_of(act: Act, quote_id: str, quote: Quote | None) -> str:
    """The same of a quote that was read, or is not there."""
    mine = quote is not None and act.actor.party_id in (None, quote.for_party_id)
    if quote is None or quote.request_id is None or not mine:
        raise NotFound(f"no quote {quote_id!r}")
    return quote.request_id


def _of_seats(
    view: View, seat: dict[str, Any], where: list[Condition], after: str | None, limit: int
) -> Page[Transaction]:
    """A page of transactions with such a seat: read on until it is full or there are no more."""
    found: list[Transaction] = []
    cursor = after
    while len(found) <= limit:
        mine = _seated(view, seat, cursor, limit)
        if mine:
            cursor = mine[-1]
            fits = [*where, Condition("id", "in", mine)]
            found += view.work.select(Transaction, fits, limit=len(mine))
        if len(mine) <= limit:
            break
    items = tuple(found[:limit])
    return Page(items, items[-1].id if len(found) > limit else None)


def _seated(view: View, seat: dict[str, Any], after: str | None, limit: int) -> Sequence[str]:
    """Ids of transactions with such a seat, a page of them."""
    conditions = [Condition(name, "=", value) for name, value in seat.items()]
    if after is not None:
        conditions.append(Condition("transaction_id", ">", after))
    seats = view.work.select(Seat, conditions, order="transaction_id", limit=limit + 1)
    return [one.transaction_id for one in seats]


def seen(act: Act, transaction_id: str) -> Transaction:
    """The transaction, locked for this command, if the actor sits in it or is impersonal.

    Anybody else gets the same ``NotFound`` as for an id that does not exist.
    """
    # Who sits in it changes only where the deal is locked, and is looked at again and again.
    act.work.gather(Seat, "transaction_id", [transaction_id])
    transaction = act.work.get(Transaction, transaction_id)
    if act.actor.party_id is not None and (
        not act.work.select(
            Seat,
            {"transaction_id": transaction_id, "party_id": act.actor.party_id},
            order="role",
            limit=1,
        )
    ):
        raise NotFound(f"no transaction {transaction_id!r}")
    return transaction
