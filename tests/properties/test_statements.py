"""Statements over any ledger and any cuts: each opens where the one before closed, all add up."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace import (
    MARKETPLACE,
    OPERATOR,
    Account,
    Journal,
    LedgerError,
    ManualClock,
    Marketplace,
    Money,
    Purpose,
    Refused,
    Statement,
    Transfer,
)

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OWN = (Purpose.PAYABLE, Purpose.WALLET, Purpose.RECEIVABLE, Purpose.CUSTOMER_RECEIVABLE)
OURS = (Purpose.REVENUE, Purpose.PROMOTION, Purpose.PROCESSOR_FEES, Purpose.BAD_DEBT)
OTHERS = (Purpose.AWAITED, Purpose.IN_TRANSIT)
RULES = ("", "commission", "goods", "books.netted")

# A place in the ledger: whose (the first party, the second, the marketplace), and which of its
# accounts. What money comes from and goes to most often comes first.
places = st.one_of(
    st.tuples(st.just(2), st.sampled_from((Purpose.PROCESSOR_CLEARING, *OURS, Purpose.TAX))),
    st.tuples(st.integers(0, 1), st.sampled_from((*OWN, *OTHERS))),
)


@frozen
class Wanted:
    """A transfer that is to be posted."""

    debit: tuple[int, Purpose]
    credit: tuple[int, Purpose]
    amount: int
    currency: str
    minute: int
    rule: str


wanted = st.builds(
    Wanted,
    debit=places,
    credit=places,
    amount=st.integers(1, 500),
    currency=st.sampled_from(("NPR", "NPR", "NPR", "USD")),
    minute=st.integers(0, 20),
    rule=st.sampled_from(RULES),
)


@frozen
class Books:
    """A marketplace with two parties, and the journals that its ledger allowed."""

    market: Marketplace
    owners: tuple[str, str, str]
    journals: Sequence[Journal]

    def moved(self, owner: str, purposes: Sequence[Purpose], since: int, until: int) -> int:
        """By how much so many accounts in rupees rose by credits, less debits, summed anew."""
        inside = (
            one
            for journal in self.journals
            if NOW + since * MINUTE <= journal.at < NOW + until * MINUTE
            for one in journal.transfers
            if one.debit.currency == "NPR"
        )
        return sum(
            sign * one.amount
            for one in inside
            for side, sign in ((one.credit, 1), (one.debit, -1))
            if side.owner == owner and side.purpose in purposes
        )


def kept(journals: Sequence[Sequence[Wanted]]) -> Books:
    """Post what may be posted, in this order, whatever the clock said of each."""
    market = Marketplace.open("sqlite://", plugins=[], clock=ManualClock(NOW + 30 * MINUTE))
    owners = (market.parties.join("Sita").id, market.parties.join("Ram").id, MARKETPLACE)
    posted, ids = [], itertools.count(1)
    for moves in journals:
        transfers = [
            Transfer(
                Account(owners[one.debit[0]], one.debit[1], one.currency),
                Account(owners[one.credit[0]], one.credit[1], one.currency),
                one.amount,
                rule=one.rule,
            )
            for one in moves
            if one.debit != one.credit
        ]
        if not transfers:
            continue
        id = f"jrn_{next(ids):03}"
        at = NOW + moves[0].minute * MINUTE
        made = Journal(id, id, "settle", at, "clock", "tx_1", tuple(transfers))
        try:
            with market.context.store.begin() as work:
                posted += work.ledger.post([made])
        except Refused:
            pass
    return Books(market, owners, posted)


ledgers = st.lists(st.lists(wanted, min_size=1, max_size=3), max_size=20).map(kept)
cuts = st.lists(st.integers(0, 21), max_size=4, unique=True).map(
    lambda some: [0, *sorted(some), 21]
)
quick = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.mark.unsound("journals are posted that no deal would post")
@pytest.mark.behaviour("C13")
@pytest.mark.invariant(1, 4)
@given(books=ledgers, cuts=cuts, limit=st.integers(1, 7))
@quick
def test_each_statement_opens_where_the_one_before_closed(
    books: Books, cuts: list[int], limit: int
) -> None:
    """Cut the time wherever you like: the statements of the pieces have every entry of the whole
    once, each opens where the one before closed, each closes with what the ledger says of that
    moment, and the pages of one, however small, are its entries in the order of posting."""
    ledger = books.market.ledger
    for owner in books.owners[:2]:
        whole = ledger.statement(owner, "NPR", by=owner)
        assert whole.opening == Money(0, "NPR")
        assert whole.closing == ledger.balance(owner, "NPR", by=owner)
        assert whole.closing.amount == books.moved(owner, OWN, 0, 21)
        numbers = [one.number for one in whole]
        assert numbers == sorted(numbers)
        pieces = [
            ledger.statement(owner, "NPR", NOW + a * MINUTE, NOW + b * MINUTE, by=OPERATOR)
            for a, b in itertools.pairwise(cuts)
            if a < b
        ]
        for one, following in itertools.pairwise(pieces):
            assert [part.closing for part in one.parts] == [x.opening for x in following.parts]
            assert one.closing == following.opening
        assert pieces[-1].closing == whole.closing
        told = [(x.number, x.account, x.amount) for piece in pieces for x in piece]
        assert sorted(told) == sorted((x.number, x.account, x.amount) for x in whole)
        for piece in pieces:
            assert piece.since is not None
            assert piece.until is not None
            assert all(piece.since <= one.at < piece.until for one in piece)
            minutes = (piece.until - NOW) // MINUTE
            assert piece.closing.amount == books.moved(owner, OWN, 0, minutes)
            assert piece.beside is not None
            for purpose, beside in zip(
                OTHERS, (piece.beside.awaited, piece.beside.in_transit), strict=True
            ):
                assert beside.amount == books.moved(owner, [purpose], 0, minutes)
            _pages_are_it(books, piece, limit)
    books.market.close()


def _pages_are_it(books: Books, whole: Statement, limit: int) -> None:
    pages = list(
        books.market.ledger.statement_pages(
            whole.party_id, "NPR", whole.since, whole.until, by=OPERATOR, limit=limit
        )
    )
    assert [one for page in pages for one in page] == list(whole.entries)
    assert (pages[0].opening, pages[-1].closing) == (whole.opening, whole.closing)
    for one, following in itertools.pairwise(pages):
        assert one.closing == following.opening
        # Both sides of one transfer are on one page, which may be longer by them.
        assert limit <= len(one) <= limit + 1
        assert one.beside is None
    assert pages[-1].beside == whole.beside


@pytest.mark.unsound("journals are posted that no deal would post")
@pytest.mark.invariant(1, 17)
@given(books=ledgers, cuts=cuts)
@quick
def test_at_any_instant_debits_equal_credits_and_rules_sum_to_the_profit(
    books: Books, cuts: list[int]
) -> None:
    """Whenever one looks, debits equal credits in each currency; what the rules brought and cost
    is the profit, of each piece of the time and of all of it."""
    ledger, piecewise = books.market.ledger, 0
    for a, b in itertools.pairwise(cuts):
        since, until = NOW + a * MINUTE, NOW + b * MINUTE
        assert set(ledger.sums(until).values()) <= {0}
        if a == b:
            continue
        made = ledger.earnings("NPR", since, until)
        assert made.profit == ledger.profit("NPR", since, until)
        assert made.profit.amount == books.moved(MARKETPLACE, OURS, a, b)
        assert made.tax.amount == books.moved(MARKETPLACE, [Purpose.TAX], a, b)
        four = (made.revenue, made.promotions, made.processor_fees, made.bad_debts)
        assert sum(one.amount for one in four) == made.profit.amount
        piecewise += made.profit.amount
    assert Money(piecewise, "NPR") == ledger.profit("NPR") == ledger.earnings("NPR").profit
    assert ledger.trial(NOW + 21 * MINUTE) == ledger.trial()
    books.market.close()


def test_the_law_can_fail() -> None:
    """Negative control: an entry that is left out is found by the statement itself."""
    clearing = (2, Purpose.PROCESSOR_CLEARING)
    books = kept([[Wanted(clearing, (0, Purpose.WALLET), n, "NPR", n, "")] for n in (5, 7)])
    whole = books.market.ledger.statement(books.owners[0], "NPR", by=OPERATOR)
    with pytest.raises(LedgerError):
        evolve(whole, entries=whole.entries[1:])
    books.market.close()
