"""Statements of what people did: each amount with its deal, its row and the line behind it."""

from datetime import datetime, timedelta

import pytest

from marketplace import (
    HOUR,
    MINUTE,
    OPERATOR,
    PAYMENT_PROVIDER,
    Conflict,
    InvalidInput,
    Money,
    NotFound,
    Party,
    PayoutPlan,
    Purpose,
    Statement,
)
from marketplace.app.statements import Telling
from marketplace.domain.ledger import Account, Journal, Transfer
from tests.support.ride_world import MORNING, Driver, OpenTown, Town

PRICE, FEE = 19_700, 2_955


def rows(statement: Statement) -> list[tuple[str, str, int, int]]:
    """What it shows: the words, the account, the amount and what was there then."""
    return [(x.text, x.account.value, x.amount.amount, x.balance.amount) for x in statement]


def a_week(town: Town) -> tuple[Party, Driver]:
    """A card ride, a cash ride and a payout."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    town.settled(sita, ram, "cash")
    town.market.payouts.run(by=OPERATOR)
    return sita, ram


@pytest.mark.behaviour("C13")
@pytest.mark.invariant(21)
def test_every_entry_says_what_it_is(town: Town) -> None:
    """A driver sees each line of each ride, the commission apart, the cash he holds, what pays his
    debt, and what was paid out, in words and in the order in which it happened."""
    _, ram = a_week(town)
    made = town.market.ledger.statement(ram.id, "NPR", by=ram.party)
    payable = "provider payable"
    settled = [one for one in rows(made) if one[0].startswith("settled: ")]
    assert [one[2] for one in settled if one[0] == "settled: the marketplace's fee"] == [-FEE, -FEE]
    assert sum(one[2] for one in settled) == 2 * (PRICE - FEE)
    assert rows(made)[-2:] == [
        ("taken in cash already", payable, -PRICE, PRICE - 2 * FEE),
        ("paid out", payable, -(PRICE - 2 * FEE), 0),
    ]
    assert (made.opening, made.closing) == (town.money(0), town.money(0))
    assert {one.row for one in made} == {"settle", None}
    assert made.entries[-1].transaction_id is None
    assert town.market.payouts.get(made.entries[-1].cause, by=ram.party).state == "made"
    for one in made.entries[:-1]:
        assert one.transaction_id is not None
        assert town.market.transactions.get(one.transaction_id, by=ram.party).state == "settled"


@pytest.mark.behaviour("C7")
@pytest.mark.invariant(12, 17)
def test_every_amount_is_traced_to_its_rule_and_inputs(town: Town) -> None:
    """From any entry one comes to the line of the frozen price, its rule and its inputs; what no
    line explains names the rule of the books. In each language, for its party alone."""
    sita, ram = a_week(town)
    why, made = town.market.why, town.market.ledger.statement(ram.id, "NPR", by=OPERATOR)
    for one in made:
        said = why.entry(one.transfer_id, by=ram.party)
        assert said[0].text == one.text
        if one.text.startswith("settled: "):
            assert said[1].about == "line"
            assert said[1].reason.params["line"] == one.rule
            assert said[1].reason.params["money"]["amount"] == abs(one.amount.amount)
    commission = next(one for one in made if one.rule == "commission")
    told = why.entry(commission.transfer_id, by=ram.party)
    assert told[1].reason.params["rule"] == "commission.share"
    assert told[1].reason.params["basis"] == PRICE
    assert told[1].text == "NPR 29.55: the marketplace’s fee from the provider".replace(
        "’", "'"
    ) + (", 15 % of NPR 197")
    nepali = why.entry(commission.transfer_id, by=ram.party, language="ne")
    assert nepali[1].text != told[1].text
    other = town.rider("Gita")
    for stranger in (sita, other):
        with pytest.raises(NotFound):
            why.entry(commission.transfer_id, by=stranger)
    with pytest.raises(NotFound):
        why.entry("jrn_none.1", by=OPERATOR)


def test_a_payout_that_comes_back_is_told(open_town: OpenTown) -> None:
    """A payout, its return by the bank, and the fee of a payout at once are entries like any; the
    statement's words follow the language."""
    town = open_town(payouts=PayoutPlan(provider="sandbox", at_once_fee_bp=100))
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    payout = town.market.payouts.make(by=ram.party, party=ram.id, currency="NPR", at_once=True)
    town.wait(MINUTE)
    town.market.payouts.returned(payout.id, by=PAYMENT_PROVIDER, reason="closed")
    made = town.market.ledger.statement(ram.id, "NPR", by=ram.party)
    earned, fee = PRICE - FEE, 168
    assert rows(made)[-3:] == [
        ("paid out", "provider payable", -(earned - fee), fee),
        ("fee of a payout at once", "provider payable", -fee, 0),
        (
            "payout sent back by the bank: earnings again",
            "provider payable",
            earned - fee,
            earned - fee,
        ),
    ]
    (at_once,) = [one for one in made if one.rule == "books.payout_fee"]
    said = town.market.why.entry(at_once.transfer_id, by=ram.party)
    assert "payout_fee" in {one.reason.code for one in said}
    nepali = town.market.ledger.statement(ram.id, "NPR", by=ram.party, language="ne")
    assert [one.text for one in nepali][-2] == "तुरुन्त भुक्तानीको शुल्क"
    earnings = town.market.ledger.earnings("NPR")
    assert {(one.kind, one.rule): one.amount.amount for one in earnings.gains} == {
        ("settle", "commission"): FEE,
        ("payout", "books.payout_fee"): fee,
    }
    assert earnings.profit == town.market.ledger.profit("NPR") == town.money(FEE + fee)


@pytest.mark.invariant(5)
def test_a_customer_s_debt_and_what_pays_it(town: Town) -> None:
    """What a rider leaves unpaid stands below zero in her statement; what she pays in later ends
    it and the rest is credit: of one top-up both sides of what pays the dues are told, and stand
    together on a page however short it is."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "cash", finish={"cash_collected": town.money(0)})
    town.top_up(sita, PRICE + 700, "slip")
    made = town.market.ledger.statement(sita.id, "NPR", by=sita)
    assert rows(made) == [
        ("left unpaid: owed", "customer receivable", -PRICE, -PRICE),
        ("paid in", "wallet", PRICE + 700, 700),
        ("credit pays dues", "wallet", -PRICE, 700 - PRICE),
        ("credit pays dues", "customer receivable", PRICE, 700),
    ]
    pages = list(town.market.ledger.statement_pages(sita.id, "NPR", by=sita, limit=3))
    assert [len(page) for page in pages] == [4]
    assert pages[0].closing == made.closing
    assert {part.account: part.closing.amount for part in made.parts} == {
        Purpose.PAYABLE: 0,
        Purpose.WALLET: 700,
        Purpose.RECEIVABLE: 0,
        Purpose.CUSTOMER_RECEIVABLE: 0,
    }


def test_what_is_not_one_s_own_yet_is_told_beside(open_town: OpenTown) -> None:
    """Money in escrow, earnings awaited, on their way to a bank and in reserve are no part of the
    balance, and are told beside it: of now, or of any moment."""
    plan = PayoutPlan(reserve_bp=2_000, reserve_for=timedelta(days=30))
    town = open_town(payouts=plan)
    sita, ram = town.rider(), town.driver()
    ride = town.finished(sita, ram, "card")
    taken = town.clock.now()

    def beside(until: datetime | None = None) -> tuple[int, int, int, int]:
        made = town.market.ledger.statement(ram.id, "NPR", until=until, by=ram.party)
        said = made.beside
        assert said is not None
        sums = (said.escrow, said.awaited, said.in_transit, said.reserve)
        return tuple(one.amount for one in sums)  # type: ignore[return-value]

    earned = PRICE - FEE
    assert beside() == (PRICE, 0, 0, 0)
    town.wait(2 * HOUR)
    assert town.now(ride).state == "settled"
    assert beside() == (0, 0, 0, earned // 5)
    settled = town.clock.now()
    town.clock.advance(MINUTE)
    town.market.payouts.run(by=OPERATOR)
    assert beside() == (0, 0, earned - earned // 5, earned // 5)
    later = town.clock.now() + MINUTE
    assert beside(later) == beside()
    assert beside(settled + MINUTE) == (0, 0, 0, earned // 5)
    assert beside(taken + MINUTE) == (PRICE, 0, 0, 0)
    assert beside(MORNING) == (0, 0, 0, 0)
    # The rider sees the same money in escrow: it lies in a deal in which she sits.
    hers = town.market.ledger.statement(sita.id, "NPR", until=taken + MINUTE, by=sita)
    assert hers.beside is not None
    assert (hers.beside.escrow, hers.closing) == (town.money(PRICE), town.money(0))


@pytest.mark.attack(43)
def test_a_statement_is_its_party_s_and_the_operator_s_alone(town: Town) -> None:
    """Somebody else's statement is not found, page by page neither; nor is one of nobody."""
    sita, ram = a_week(town)
    ledger = town.market.ledger
    assert len(ledger.statement(ram.id, "NPR", by=OPERATOR)) > 5
    for who in (ram.id, "pty_none", "", "marketplace"):
        with pytest.raises(NotFound):
            ledger.statement(who, "NPR", by=sita)
        with pytest.raises(NotFound):
            list(ledger.statement_pages(who, "NPR", by=sita))
    with pytest.raises(NotFound):
        ledger.statement("marketplace", "NPR", by=OPERATOR)


def test_what_makes_no_statement_is_refused(town: Town) -> None:
    """A moment without a zone, a day that is no moment, an end before the beginning, money that
    nobody knows, words that nobody has, and a page of nothing: each says what is allowed."""
    ram = town.driver()
    ledger, noon = town.market.ledger, MORNING

    def ask(currency: str = "NPR", **more: object) -> Statement:
        return ledger.statement(ram.id, currency, by=ram.party, **more)  # type: ignore[arg-type]

    with pytest.raises(InvalidInput, match="time zone"):
        ask(since=noon.replace(tzinfo=None))
    with pytest.raises(InvalidInput, match="time zone"):
        ask(until=noon.date())
    with pytest.raises(InvalidInput, match="lies after"):
        ask(since=noon + HOUR, until=noon)
    with pytest.raises(InvalidInput, match="currency"):
        ask("RUPEES")
    with pytest.raises(InvalidInput, match="en, ne"):
        ask(language="xx")
    with pytest.raises(InvalidInput, match="at is a datetime with its time zone"):
        ledger.trial(noon.replace(tzinfo=None))
    with pytest.raises(InvalidInput, match="lies after"):
        ledger.earnings("NPR", noon + HOUR, noon)
    with pytest.raises(InvalidInput, match="1 to 500"):
        list(ledger.statement_pages(ram.id, "NPR", by=ram.party, limit=0))
    empty = ask(since=noon, until=noon)
    assert (len(empty), empty.opening, empty.closing) == (0, town.money(0), town.money(0))


def test_pages_that_no_longer_fit_together_are_refused(town: Town) -> None:
    """What another writes into the time of a statement behind the page that was read last is not
    left out in silence: at its end the statement is to be read again. What comes after it is
    simply on the next page."""
    _, ram = a_week(town)
    ledger = town.market.ledger
    pages = ledger.statement_pages(ram.id, "NPR", by=ram.party, limit=2)
    first = next(pages)
    town.top_up(ram, 500, "slip")
    rest = list(pages)
    assert rest[-1].closing == ledger.balance(ram.id, "NPR", by=ram.party) == Money(500, "NPR")
    assert len(first) + sum(map(len, rest)) == len(ledger.statement(ram.id, "NPR", by=OPERATOR))
    # Two workers at once may commit in another order than they were numbered in: as if a page
    # had gone on behind what came late.
    telling = Telling(town.market.context, ram.id, "NPR", None, None, "en")
    with town.market.read(ram.party) as view:
        _, then, after = telling.page(view, None, 0, 2)
        assert after is not None
        with pytest.raises(Conflict, match="read it again") as told:
            telling.page(view, then, after + 2, 500)
    assert told.value.code == "statement_changed"


def test_the_newest_entries_are_found_without_the_others(town: Town) -> None:
    """The last so many of a party, those that wait among them, in the order of posting."""
    sita, ram = a_week(town)
    ledger = town.market.ledger
    every = ledger.entries(ram.id, by=ram.party)
    assert ledger.entries(ram.id, by=ram.party, limit=3) == every[:3]
    assert ledger.entries(ram.id, by=ram.party, limit=3, newest=True) == every[-3:]
    assert ledger.entries(ram.id, by=sita) == []
    town.top_up(sita, 30_000, "slip")
    town.order(sita, "wallet")
    (held,) = ledger.entries(sita.id, by=sita, limit=1, newest=True)
    assert (held.kind, held.phase, held.amount) == ("hold", "pending", -PRICE)


@pytest.mark.invariant(1)
def test_the_books_of_then_are_the_books_of_then(town: Town) -> None:
    """A trial balance of a moment shows what was posted before it, and balances; what is posted
    later does not change it."""
    sita, ram = town.rider(), town.driver()
    town.settled(sita, ram, "card")
    moment = town.clock.now() + MINUTE
    before = town.market.ledger.trial()
    town.wait(10 * MINUTE)
    town.settled(sita, ram, "cash")
    assert town.market.ledger.trial(moment) == before != town.market.ledger.trial()
    assert town.market.ledger.sums(moment) == {"NPR": 0}
    assert town.market.ledger.trial(MORNING) == []
    assert town.market.ledger.profit("NPR", until=moment) == town.money(FEE)
    assert town.market.ledger.profit("NPR", moment) == town.money(FEE)


def test_what_was_posted_before_rules_were_kept_is_told_by_its_kind(town: Town) -> None:
    """A ledger of an older version names no rule, and its journals no row: its statements have
    every entry all the same, told by what the journal is."""
    ram = town.driver()
    clearing = Account("marketplace", Purpose.PROCESSOR_CLEARING, "NPR")
    wallet = Account(ram.id, Purpose.WALLET, "NPR")
    old = Journal(
        "jrn_old",
        "settle:old",
        "settle",
        MORNING,
        "clock",
        "tx_old",
        (Transfer(clearing, wallet, 100),),
    )
    with town.market.context.store.begin() as work:
        work.ledger.post([old])
    made = town.market.ledger.statement(ram.id, "NPR", by=ram.party)
    assert rows(made) == [("deal settled", "wallet", 100, 100)]
    said = town.market.why.entry(made.entries[0].transfer_id, by=ram.party)
    assert [one.text for one in said] == ["deal settled"]


@pytest.mark.unsound("a journal is posted that no deal would post")
def test_what_a_deal_moved_is_told_in_order_of_time(town: Town) -> None:
    """The journals of all purses of a deal stand in the order in which they came about, and not
    purse by purse."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    m = town.market
    process = m.context.process(m.transactions.get(ride.id, by=OPERATOR))
    other = next(one.name for one in process.purses if one.name != "price")
    clearing = Account("marketplace", Purpose.PROCESSOR_CLEARING, "NPR")
    escrow = Account(f"{ride.id}:{other}", Purpose.ESCROW, "NPR")
    moved = (Transfer(clearing, escrow, 100),)
    early = Journal("jrn_early", "early", "charge", MORNING - MINUTE, "clock", escrow.owner, moved)
    with m.context.store.begin() as work:
        work.ledger.post([early])
    told = m.ledger.of_transaction(ride.id, by=sita)
    assert told[0].id == "jrn_early"
    assert len(told) > 1
    assert [one.at for one in told] == sorted(one.at for one in told)
