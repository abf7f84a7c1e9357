"""Laws that no run of a marketplace may break: at every step, and once everything came to rest."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from marketplace import (
    PRICE,
    UNANSWERED,
    Chargeback,
    Dues,
    Intent,
    Journal,
    Marketplace,
    Offer,
    Payment,
    Process,
    Purpose,
    Reservation,
    Resource,
    Seat,
    Transaction,
    Work,
)

MOST = 1_000_000
"""The most values of a kind that are looked at."""
EMPTY_AT_REST = (
    Purpose.ESCROW,
    Purpose.DISPUTE,
    Purpose.REFUND,
    Purpose.IN_TRANSIT,
    Purpose.CASH,
    Purpose.PASSED_ON,
)


@define
class Memory:
    """What was seen before, so that history that changes is noticed."""

    journals: dict[str, Journal] = field(factory=dict)
    transactions: dict[str, Transaction] = field(factory=dict)


def broken_laws(market: Marketplace, memory: Memory) -> list[str]:
    """Sentences for laws that a marketplace breaks now, or broke since the memory's last look."""
    with market.context.store.begin(write=False) as work:
        transactions = work.select(Transaction, limit=MOST)
        return [
            *_ledger(work, memory),
            *_payments(work),
            *_chargebacks(work),
            *_dues(work),
            *_lives(market, transactions, memory),
            *_histories(market, work, transactions),
            *_capacity(work),
            *_offers(market, work, transactions),
            *_intents(market, work),
        ]


def _ledger(work: Work, memory: Memory) -> Iterator[str]:
    """No journal is changed or removed; each transfer moves something between two accounts."""
    found = {journal.id: journal for journal in work.ledger.journals(limit=MOST)}
    for identity, before in memory.journals.items():
        if found.get(identity) != before:
            yield f"journal {identity} was changed or removed"
    for journal in found.values():
        currencies = set()
        for one in journal.transfers:
            currencies |= {one.debit.currency, one.credit.currency}
            if type(one.amount) is not int or one.amount <= 0 or one.debit == one.credit:
                yield f"journal {journal.id} moves {one.amount} from {one.debit} to {one.credit}"
        if len(currencies) > 1:
            yield f"journal {journal.id} mixes {', '.join(sorted(currencies))}"
    memory.journals = found


def _payments(work: Work) -> Iterator[str]:
    """What each payment says was taken and given back is what its journals moved."""
    kept: dict[str, int] = {}
    for journal in work.ledger.journals(limit=MOST):
        payment = journal.details.get("payment")
        for one in journal.transfers:
            if payment is None or one.phase not in ("posted", "post"):
                continue
            sign = (one.credit.purpose is Purpose.ESCROW) - (one.debit.purpose is Purpose.ESCROW)
            kept[payment] = kept.get(payment, 0) + sign * one.amount
    for payment in work.select(Payment, limit=MOST):
        if kept.get(payment.id, 0) != payment.kept:
            yield f"payment {payment.id} kept {payment.kept}, its journals {kept.get(payment.id)}"
        if not 0 <= payment.refunded <= payment.captured or payment.held < 0:
            yield f"payment {payment.id} gave back more than it took: {payment}"


def _chargebacks(work: Work) -> Iterator[str]:
    """What banks took back and nobody bears yet stands in the ledger, purse by purse."""
    left: dict[str, int] = {}
    taken: dict[str, int] = {}
    for one in work.select(Chargeback, limit=MOST):
        # The price has no name of its own in the ledger; every other purse has.
        price = one.purse == PRICE
        home = one.transaction_id if price else f"{one.transaction_id}:{one.purse}"
        left[home] = left.get(home, 0) + one.left
        taken[one.payment_id] = taken.get(one.payment_id, 0) + one.amount * (one.state != "won")
    for balance in work.ledger.balances(purpose=Purpose.DISPUTE):
        said = left.pop(balance.account.owner, 0)
        if said != balance.posted:
            yield f"{balance.account} holds {balance.posted}, the chargebacks say {said}"
    yield from (f"{home} is said by chargebacks alone" for home, amount in left.items() if amount)
    for payment in work.select(Payment, limit=MOST):
        if payment.charged_back != taken.get(payment.id, 0):
            yield f"payment {payment.id} says that banks took {payment.charged_back} back"


def _dues(work: Work) -> Iterator[str]:
    """What customers owe, and whose earnings wait for it, stands in the ledger deal by deal."""
    owed: dict[tuple[str, Purpose, str], int] = {}
    for dues in work.select(Dues, limit=MOST):
        if not 0 <= sum(dues.awaited.values()) <= dues.left:
            yield f"dues {dues.id} keep {dues.awaited} apart, {dues.left} is owed"
        sides = [(dues.party_id, Purpose.CUSTOMER_RECEIVABLE, dues.left)]
        sides += [(party, Purpose.AWAITED, amount) for party, amount in dues.awaited.items()]
        for party, purpose, amount in sides:
            key = (party, purpose, dues.currency)
            owed[key] = owed.get(key, 0) + amount
    for purpose in (Purpose.CUSTOMER_RECEIVABLE, Purpose.AWAITED):
        for balance in work.ledger.balances(purpose=purpose):
            account = balance.account
            said = owed.pop((account.owner, purpose, account.currency), 0)
            if said != balance.posted:
                yield f"{account} holds {balance.posted}, the dues say {said}"
    yield from (f"{key} is said by dues alone: {amount}" for key, amount in owed.items() if amount)


def _lives(market: Marketplace, transactions: list[Transaction], memory: Memory) -> Iterator[str]:
    """Versions rise when states change, and nothing leaves a final state."""
    for one in transactions:
        before = memory.transactions.get(one.id)
        process = market.context.process(one)
        if one.state not in process.states:
            yield f"transaction {one.id} is in {one.state!r}, which its process does not know"
        if before is not None and before != one:
            if one.version <= before.version:
                yield f"transaction {one.id} changed and kept version {one.version}"
            if before.state in process.final and before.state != one.state:
                yield f"transaction {one.id} left its final state {before.state}"
        if one.state in process.final and one.pending is not None:
            yield f"transaction {one.id} is final and waits for {one.pending.row}"
    memory.transactions = {one.id: one for one in transactions}


def _histories(market: Marketplace, work: Work, transactions: list[Transaction]) -> Iterator[str]:
    """Every change of state is a declared row, and the events tell them all, in order."""
    for one in transactions:
        process = market.context.process(one)
        state = process.start
        for event in work.events.about(one.id, MOST):
            if "to" not in event.data or "row" not in event.data:
                continue
            if event.data["from"] != state:
                yield f"{event.kind} of {one.id} leaves {event.data['from']}, it was in {state}"
            state = str(event.data["to"])
            yield from _undeclared(process, one, str(event.data["row"]), event.data)
        if state != one.state:
            yield f"the events of {one.id} end in {state}, it is in {one.state}"


def _undeclared(
    process: Process, transaction: Transaction, name: str, data: object
) -> Iterator[str]:
    assert isinstance(data, dict)
    row = process.row(name, data["from"])
    if row is None or data["to"] not in (*row.targets, data["from"]):
        yield f"{transaction.id}: {name} from {data['from']} to {data['to']} is no declared row"


def _capacity(work: Work) -> Iterator[str]:
    """Live claims without a span never exceed what there is."""
    live = work.select(Reservation, {"state": ["proposed", "reserved", "confirmed"]}, limit=MOST)
    taken: dict[str, int] = {}
    for claim in live:
        if claim.start is None:
            taken[claim.resource_id] = taken.get(claim.resource_id, 0) + claim.quantity
    for resource in work.select(Resource, limit=MOST):
        if taken.get(resource.id, 0) > max(resource.capacity, 1):
            yield f"{taken[resource.id]} of {resource.capacity} {resource.name} are claimed"


def _offers(market: Marketplace, work: Work, transactions: list[Transaction]) -> Iterator[str]:
    """An accepted offer binds once; where nobody can be seated, no offer is out."""
    final = {one.id for one in transactions if one.state in market.context.process(one).final}
    for offer in work.select(Offer, {"state": "made"}, limit=MOST):
        if offer.transaction_id in final:
            yield f"offer {offer.id} is out, and its transaction is final"
    seats: dict[tuple[str, str], int] = {}
    for seat in work.select(Seat, order="transaction_id", limit=MOST):
        key = (seat.transaction_id, seat.role)
        seats[key] = seats.get(key, 0) + 1
        # Beside these two, several in one role share it, in proportion of what each says.
        whole = seat.share_bp == 10_000 and seat.role in ("customer", "provider")
        if seats[key] > 1 and whole:
            yield f"two parties sit whole in the {seat.role}'s seat of {seat.transaction_id}"


def _intents(market: Marketplace, work: Work) -> Iterator[str]:
    """Each intent asks for something, in a known way, and is tried a bounded number of times."""
    for intent in work.select(Intent, limit=MOST):
        if intent.amount <= 0 and intent.kind.value != "save":
            yield f"intent {intent.id} asks for {intent.kind} of {intent.amount}"
        if intent.tries > market.context.limits.tries:
            yield f"intent {intent.id} was tried {intent.tries} times"


def broken_at_rest(market: Marketplace) -> list[str]:
    """Sentences for what must be over once faults stopped and the workers ran dry."""
    with market.context.store.begin(write=False) as work:
        return [
            *(
                f"intent {one.id} to {one.kind} is {one.state}"
                for one in work.select(Intent, {"state": UNANSWERED}, limit=MOST)
            ),
            *(
                f"transaction {one.id} is still {one.state}, waiting for {one.pending}"
                for one in work.select(Transaction, limit=MOST)
                if one.pending or one.state not in market.context.process(one).final
            ),
            *(
                f"{balance.account} still holds {balance.posted}"
                for purpose in EMPTY_AT_REST
                for balance in work.ledger.balances(purpose=purpose)
                if balance.posted
            ),
            *(
                f"payment {one.id} still holds {one.held}"
                for one in work.select(Payment, limit=MOST)
                if one.held
            ),
            *(
                f"claim {one.id} of {one.cause} {one.cause_id} still lives"
                for one in work.select(
                    Reservation, {"state": ["proposed", "reserved", "confirmed"]}, limit=MOST
                )
                if one.cause != "block" and (one.until is None or one.until > market.context.now())
            ),
        ]
