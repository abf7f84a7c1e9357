"""How a price becomes transfers: who gets what, what pays debts first, and what is refused."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from attrs import evolve

from marketplace import OPERATOR, Actor, Line, ManualClock, Marketplace, Money, Refused
from marketplace.app.books import (
    Accounts,
    Posting,
    net_debts,
    planned,
    post,
    posted_together,
    seats_of,
    settle,
)
from marketplace.app.door import Act
from marketplace.domain.ledger import MARKETPLACE, Account, Purpose, Transfer
from marketplace.domain.transaction import Seat, Transaction
from tests.store.making import CLEARING, escrow, journal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEAL = Transaction("tx_1", "v", "p", "1", "done", "NPR", NOON, NOON, terms_version=3, version=7)
ANA, RAM = Seat("tx_1", "customer", "ana"), Seat("tx_1", "provider", "ram")
ESCROW = escrow("tx_1")


class _Undone(Exception):
    """What was written for a test is not kept."""


@pytest.fixture
def act() -> Iterator[Act]:
    """A command of the operator's in an empty marketplace, undone afterwards."""
    with (
        Marketplace.open("sqlite://", clock=ManualClock(NOON), seed=1) as market,
        suppress(_Undone),
        market.context.store.begin() as work,
    ):
        yield Act(market.context, work, Actor(role=OPERATOR), NOON)
        raise _Undone


def of(owner: str, purpose: Purpose) -> Account:
    """An account in rupees."""
    return Account(owner, purpose, "NPR")


PAYABLE, WALLET = of("ram", Purpose.PAYABLE), of("ram", Purpose.WALLET)
OWED, CREDIT = of("ana", Purpose.CUSTOMER_RECEIVABLE), of("ana", Purpose.WALLET)
DEBT, CASH = of("ram", Purpose.RECEIVABLE), of("tx_1", Purpose.CASH)
REVENUE = of(MARKETPLACE, Purpose.REVENUE)


def line(payer: str, payee: str, amount: int, purse: str = "price") -> Line:
    """A line of a price, named for both."""
    return Line(f"{payer}-{payee}", Money(amount, "NPR"), payer, payee, "r", purse=purse)


def holds(act: Act, **amounts: int) -> None:
    """Before the test: so much in each of these accounts, from the payment provider."""
    for name, amount in amounts.items():
        account = globals()[name]
        sides = (account, CLEARING) if account in (OWED, DEBT, CASH) else (CLEARING, account)
        act.work.ledger.post([journal(f"jr_{name}", Transfer(*sides, amount))])


def moves(
    act: Act, *lines: Line, seats: tuple[Seat, ...] = (ANA, RAM), purse: str = "price", **more: int
) -> list[tuple[Account, Account, int]]:
    """What the settlement of these lines moves, in its order."""
    given = {"unpaid_after": lambda paid: more["unpaid"] - paid} if more else {}
    _, transfers = planned(act, DEAL, purse, lines, seats, "tx_1", **given)
    return [(one.debit, one.credit, one.amount) for one in transfers]


FARE, FEE = line("customer", "provider", 1_000), line("provider", "operator", 150)


def test_each_account_of_a_deal_has_its_owner() -> None:
    """Escrow is the deal's own, cash that of the ride whatever its purses, clearing is ours."""
    accounts = Accounts("tx_1:tip", "NPR")
    assert accounts.escrow == escrow("tx_1:tip")
    assert accounts.cash == CASH
    assert accounts.clearing == CLEARING


def test_a_line_goes_to_whom_it_names(act: Act) -> None:
    """Each line is one transfer between those who sit in its roles; what it earns is a party's
    payable, what we pay is promotion, what we get is revenue, and a tax is owed as a tax."""
    holds(act, ESCROW=1_000)
    tax, gift = line("provider", "tax", 130), line("operator", "customer", 50)
    assert moves(act, FARE, FEE, tax, gift) == [
        (ESCROW, PAYABLE, 1_000),
        (PAYABLE, REVENUE, 150),
        (PAYABLE, of(MARKETPLACE, Purpose.TAX), 130),
        (of(MARKETPLACE, Purpose.PROMOTION), ESCROW, 50),
        (ESCROW, CREDIT, 50),
    ]


def test_a_purse_is_settled_by_its_own_lines(act: Act) -> None:
    """Lines of another purse, and lines of nothing, move nothing and are not named."""
    holds(act, ESCROW=1_000)
    other, nothing = line("customer", "provider", 9, "tip"), line("customer", "operator", 0)
    chosen, transfers = planned(act, DEAL, "price", [other, nothing, FARE], [ANA, RAM], "tx_1")
    assert (chosen, [one.amount for one in transfers]) == ([FARE], [1_000])


@pytest.mark.invariant(9)
def test_who_share_a_seat_share_its_lines(act: Act) -> None:
    """A line of a role is split by the shares of who sits in it, in a stable order, and no unit
    is lost, also between two roles that are both shared."""
    holds(act, ESCROW=1_001)
    zoe, bob = Seat("tx_1", "provider", "zoe", 2_500), Seat("tx_1", "provider", "bob", 7_500)
    mia, ned = Seat("tx_1", "agent", "mia", 5_000), Seat("tx_1", "agent", "ned", 5_000)
    seats = (zoe, ned, ANA, bob, mia)
    assert [seat.party_id for seat in seats_of(seats, "provider")] == ["bob", "zoe"]
    lines = line("customer", "provider", 1_001), line("provider", "agent", 101)
    earned = {name: of(name, Purpose.PAYABLE) for name in ("bob", "zoe", "mia", "ned")}
    assert moves(act, *lines, seats=seats) == [
        (ESCROW, earned["bob"], 751),
        (ESCROW, earned["zoe"], 250),
        (earned["bob"], earned["mia"], 51),
        (earned["bob"], earned["ned"], 25),
        (earned["zoe"], earned["ned"], 25),
    ]


def test_a_line_between_the_same_accounts_moves_nothing(act: Act) -> None:
    """One who sits on both sides of a line pays nobody."""
    both = (ANA, RAM, Seat("tx_1", "agent", "ram"))
    holds(act, ESCROW=1_000)
    assert moves(act, FARE, line("provider", "agent", 100), seats=both) == [
        (ESCROW, PAYABLE, 1_000)
    ]


def test_an_empty_seat_gets_nothing(act: Act) -> None:
    """A line for a role in which nobody sits is refused, and says which role."""
    with pytest.raises(Refused) as refused:
        moves(act, FARE, seats=(ANA,))
    assert str(refused.value) == (
        "a line is for the provider, and nobody sits in that seat; fill it first"
    )
    assert (refused.value.code, refused.value.params) == ("empty_seat", {"role": "provider"})


def test_more_than_was_taken_is_not_given(act: Act) -> None:
    """Lines that ask for more than lies in escrow are refused, and say how much is missing."""
    holds(act, ESCROW=999)
    with pytest.raises(Refused) as refused:
        moves(act, FARE)
    assert str(refused.value) == (
        "the lines ask for 1 minor units more than were taken from the customer"
    )
    assert (refused.value.code, refused.value.params) == ("short_of_money", {"short": 1})


def test_the_rest_is_the_customers(act: Act) -> None:
    """What the lines leave in escrow pays the customer's dues, and becomes its credit; with
    nobody in the customer's seat it can be given to nobody."""
    holds(act, ESCROW=1_300, OWED=200)
    assert moves(act, FARE)[1:] == [(ESCROW, OWED, 200), (ESCROW, CREDIT, 100)]
    assert moves(act, line("customer", "provider", 1_299))[1:] == [(ESCROW, OWED, 1)]
    with pytest.raises(Refused) as refused:
        moves(act, FARE, seats=(RAM,))
    assert str(refused.value) == "nobody sits in the customer's seat to be given the rest"


def test_dues_are_paid_as_far_as_they_are_owed(act: Act) -> None:
    """A line of dues pays what is still owed; the rest of it is the customer's credit, and dues
    that were paid by a line before are not paid twice."""
    dues = line("customer", "dues", 300)
    holds(act, ESCROW=1_600, OWED=200)
    assert moves(act, FARE, dues, dues) == [
        (ESCROW, PAYABLE, 1_000),
        (ESCROW, OWED, 200),
        (ESCROW, CREDIT, 100),
        (ESCROW, CREDIT, 300),
    ]
    assert moves(act, line("customer", "dues", 150), line("customer", "provider", 1_200)) == [
        (ESCROW, OWED, 150),
        (ESCROW, PAYABLE, 1_200),
        (ESCROW, OWED, 50),
        (ESCROW, CREDIT, 200),
    ]


def test_cash_in_hand_counts_as_given(act: Act) -> None:
    """What the provider took by hand is taken off what it earns; beyond that it is its debt."""
    holds(act, ESCROW=1_000, CASH=900)
    assert moves(act, FARE, FEE)[2:] == [(PAYABLE, CASH, 900), (DEBT, PAYABLE, 50)]


def test_cash_waits_for_somebody_in_the_seat(act: Act) -> None:
    """Where nobody performs, cash stays where it is."""
    holds(act, ESCROW=100, CASH=900)
    assert moves(act, line("customer", "operator", 100), seats=(ANA,)) == [(ESCROW, REVENUE, 100)]


@pytest.mark.invariant(22)
def test_what_is_earned_pays_debts_first(act: Act) -> None:
    """Earnings pay what the party owes us; what is left is its own."""
    holds(act, ESCROW=1_000, DEBT=300)
    assert moves(act, FARE, FEE)[2:] == [(PAYABLE, DEBT, 300)]
    assert act.work.ledger.balance(DEBT).posted == 300


def test_what_is_unpaid_waits(act: Act) -> None:
    """Of a price that is not paid yet, everybody's earnings are kept apart in proportion; what
    the customer's dues were paid meanwhile is not unpaid."""
    holds(act, ESCROW=1_000)
    ours = line("customer", "operator", 200)
    theirs = line("customer", "provider", 800)
    awaited = of("ram", Purpose.AWAITED)
    assert moves(act, theirs, ours, unpaid=500)[2:] == [(PAYABLE, awaited, 400)]
    assert moves(act, theirs, ours, unpaid=0)[2:] == []
    assert moves(act, theirs, ours, unpaid=5_000)[2:] == [(PAYABLE, awaited, 800)]
    assert moves(act, theirs, ours, unpaid=1)[2:] == [(PAYABLE, awaited, 1)]


def test_dues_that_are_paid_are_not_awaited(act: Act) -> None:
    """What a settlement pays of the customer's dues counts before its own price is unpaid."""
    holds(act, ESCROW=1_300, OWED=300)
    awaited = of("ram", Purpose.AWAITED)
    lines = FARE, line("customer", "dues", 300)
    assert moves(act, *lines, unpaid=560)[2:] == [(PAYABLE, awaited, 200)]


def test_who_gives_back_more_than_it_earns_keeps_nothing_apart(act: Act) -> None:
    """Only earnings wait; who pays by these lines waits for nothing, and each has its share."""
    holds(act, ESCROW=1_000, PAYABLE=500)
    zoe = Seat("tx_1", "agent", "zoe")
    lines = line("customer", "agent", 1_000), line("provider", "agent", 100)
    earned = of("zoe", Purpose.PAYABLE)
    assert moves(act, *lines, seats=(ANA, RAM, zoe), unpaid=600)[2:] == [
        (earned, of("zoe", Purpose.AWAITED), 600)
    ]


def test_what_costs_the_customer_nothing_leaves_nothing_unpaid(act: Act) -> None:
    """A purse in which the customer owes nothing and nobody earns keeps nothing apart; and the
    smallest earning is kept apart like any other."""
    tax = line("operator", "tax", 10)
    assert moves(act, tax) == [
        (of(MARKETPLACE, Purpose.PROMOTION), of(MARKETPLACE, Purpose.TAX), 10)
    ]
    holds(act, ESCROW=2)
    awaited = of("ram", Purpose.AWAITED)
    lines = line("customer", "provider", 1), line("customer", "operator", 1)
    assert moves(act, *lines, unpaid=2)[2:] == [(PAYABLE, awaited, 1)]


@pytest.mark.invariant(22)
def test_what_parties_have_is_locked_before_it_is_looked_at(
    act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A settlement locks all that its parties have and owe in its currency, each party once and in
    order, and what lies in the deal, before it reads a balance; whatever nets debts does so too."""
    holds(act, ESCROW=1_000)
    done: list[object] = []
    ledger, balance = act.work.ledger, act.work.ledger.balance
    monkeypatch.setattr(ledger, "lock", lambda accounts: done.append(list(accounts)))
    monkeypatch.setattr(ledger, "balance", lambda one: (done.append("read"), balance(one))[1])
    purposes = (
        Purpose.AWAITED,
        Purpose.CUSTOMER_RECEIVABLE,
        Purpose.PAYABLE,
        Purpose.RECEIVABLE,
        Purpose.WALLET,
    )
    settle(act, DEAL, "price", [FARE], [RAM, ANA, RAM], "tx_1")
    locks = [one for one in done if one != "read"]
    its = [of("tx_1", what) for what in (Purpose.ESCROW, Purpose.CASH, Purpose.PASSED_ON)]
    assert done[0] == locks[0] == [of(who, it) for who in ("ana", "ram") for it in purposes] + its
    assert locks[1:] == [[of("ram", what) for what in purposes]]


def netted(act: Act, *transfers: Transfer, parties: tuple[str, ...] = ("ram",)) -> list[Transfer]:
    """What is added to a posting of these so that it is whole, whatever explains it."""
    posting = Posting(list(transfers))
    net_debts(act, posting, parties, "NPR")
    return [evolve(one, rule="") for one in posting.transfers[len(transfers) :]]


@pytest.mark.invariant(5, 21)
def test_what_must_be_given_and_is_not_there_is_a_debt(act: Act) -> None:
    """It comes from earnings, then from the wallet, and the rest is a new debt: nothing is lost."""
    holds(act, PAYABLE=40, WALLET=25)
    gives = Transfer(PAYABLE, ESCROW, 100)
    assert netted(act, gives) == [Transfer(WALLET, PAYABLE, 25), Transfer(DEBT, PAYABLE, 35)]
    assert netted(act, evolve(gives, amount=40)) == []
    assert netted(act, evolve(gives, amount=41)) == [Transfer(WALLET, PAYABLE, 1)]
    less = Transfer(WALLET, PAYABLE, 20), Transfer(DEBT, PAYABLE, 40)
    assert netted(act, gives, Transfer(WALLET, ESCROW, 5)) == [*less]
    assert netted(act, gives, Transfer(WALLET, ESCROW, 30)) == [Transfer(DEBT, PAYABLE, 60)]
    assert netted(act, Transfer(CLEARING, ESCROW, 1)) == []


@pytest.mark.invariant(5, 21)
def test_no_earnings_stand_beside_a_debt(act: Act) -> None:
    """Earnings pay debt, as much as there is of it; and a debt that arises anew is paid by what was
    earned before, as far as that is there."""
    holds(act, DEBT=300)
    earns = Transfer(ESCROW, PAYABLE, 100)
    assert netted(act, earns) == [Transfer(PAYABLE, DEBT, 100)]
    assert netted(act, evolve(earns, amount=301)) == [Transfer(PAYABLE, DEBT, 300)]
    assert netted(act, earns, Transfer(CLEARING, DEBT, 250)) == [Transfer(PAYABLE, DEBT, 50)]
    assert netted(act, earns, Transfer(CLEARING, DEBT, 300)) == []
    holds(act, PAYABLE=340)
    for anew, paid in ((41, 40), (1, 1)):
        owes = (Transfer(PAYABLE, DEBT, 300), Transfer(DEBT, ESCROW, anew))
        assert netted(act, *owes) == [Transfer(PAYABLE, DEBT, paid)]


def test_every_party_is_made_whole_in_a_stable_order(act: Act) -> None:
    """Each party once, by name, whatever order and however often it is named."""
    given = [Transfer(of(name, Purpose.PAYABLE), ESCROW, 10) for name in ("zoe", "ram", "bob")]
    debts = netted(act, *given, parties=("zoe", "ram", "zoe", "bob"))
    assert debts == [
        Transfer(of(name, Purpose.RECEIVABLE), of(name, Purpose.PAYABLE), 10)
        for name in ("bob", "ram", "zoe")
    ]


def test_a_posting_counts_what_it_moves() -> None:
    """Credits less debits of an account; an amount of zero is no transfer."""
    posting = Posting()
    posting.move(CLEARING, ESCROW, 10)
    posting.move(ESCROW, PAYABLE, 0)
    posting.move(ESCROW, PAYABLE, 3)
    posting.move(CLEARING, ESCROW, 10)
    assert [one.amount for one in posting.transfers] == [10, 3, 10]
    assert [posting.net(one) for one in (ESCROW, PAYABLE, CLEARING, DEBT)] == [17, 3, -20, 0]


def test_a_journal_says_who_when_and_what_for(act: Act) -> None:
    """What is written carries moment, actor, cause and what it reverses; nothing for nothing."""
    assert post(act, "nothing", "key", "tx_1", []) is None
    transfer = Transfer(CLEARING, ESCROW, 5)
    written = post(act, "capture", "key", "tx_1", [transfer], reverses="jr_0", details={"a": 1})
    assert written is not None
    assert written == act.work.ledger.journal("key")
    assert (written.kind, written.at, written.actor) == ("capture", NOON, "operator")
    assert (written.cause, written.reverses, written.details) == ("tx_1", "jr_0", {"a": 1})
    assert written.id.startswith("jrn")
    (kept,) = written.transfers
    assert (kept.debit, kept.credit, kept.amount) == (CLEARING, ESCROW, 5)
    plain = post(act, "capture", "other", "tx_1", [transfer])
    assert plain is not None
    assert (plain.reverses, plain.details) == (None, {})


def test_journals_of_a_block_are_written_at_its_end(act: Act) -> None:
    """In the order of their posting; none where nothing was posted, or where the block failed."""
    ledger = act.work.ledger
    transfers = [Transfer(CLEARING, ESCROW, 5)]
    with posted_together(act):
        waiting = [post(act, "charge", key, "tx_1", transfers) for key in ("b", "a")]
        assert ledger.journals() == []
    assert [one.key for one in ledger.journals()] == ["b", "a"]
    assert [one.id for one in waiting if one] == [one.id for one in ledger.journals()]
    with posted_together(act):
        pass
    with suppress(_Undone), posted_together(act):
        post(act, "charge", "c", "tx_1", transfers)
        raise _Undone
    assert post(act, "charge", "d", "tx_1", transfers) == ledger.journal("d")
    assert ledger.journal("c") is None


def test_a_settlement_is_one_journal_that_names_its_lines(act: Act) -> None:
    """A purse is settled once for each version of the deal, by a journal that says which terms
    and lines it follows; a price of nothing writes nothing."""
    holds(act, ESCROW=1_000)
    assert settle(act, DEAL, "tip", [FARE], [RAM], "tx_2") is None
    written = settle(act, DEAL, "price", [FARE, FEE], [ANA, RAM], "tx_1")
    assert written is not None
    assert written == act.work.ledger.journal("settle:tx_1:price:7")
    assert (written.kind, written.cause, written.reverses) == ("settle", "tx_1", None)
    assert written.details == {
        "transaction": "tx_1",
        "purse": "price",
        "terms_version": 3,
        "lines": ["customer-provider", "provider-operator"],
    }
    assert act.work.ledger.balance(PAYABLE).posted == 850


def test_a_settlement_keeps_apart_what_it_is_told(act: Act) -> None:
    """What is unpaid after a settlement is awaited in the books too."""
    holds(act, ESCROW=1_000)
    settle(act, DEAL, "price", [FARE], [ANA, RAM], "tx_1", lambda paid: 400)
    assert act.work.ledger.balance(of("ram", Purpose.AWAITED)).posted == 400
    assert act.work.ledger.balance(PAYABLE).posted == 600
