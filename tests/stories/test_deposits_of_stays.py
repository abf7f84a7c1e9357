"""Deposits of stays, told to the cent: what was agreed is held, and goes when its stay goes."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from attrs import define

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    IllegalTransition,
    Listing,
    Money,
    NotFound,
    Pay,
    Reason,
    Refused,
    Transaction,
    TransitionQuestion,
    hookimpl,
)
from marketplace.plugins.cash import Cash
from marketplace.plugins.stays.process import at_the_door, every
from tests.support.inn import CARD, EASTER, Inn, dollars, open_inn

WALLET = Pay("wallet")
BESIDE = Pay("card", means="tok_ok", purse="deposit")
NO_CAPTURE = Pay("card", means="tok_capture_fails")


@pytest.fixture
def inn(database_url: str) -> Any:
    """Yield an inn whose guests may also pay at the door, on each database."""
    opened = open_inn(database_url, Cash(), processes=(at_the_door(), *every()))
    yield opened
    opened.market.close()


def booked(
    inn: Inn, home: Listing, *, entry: str = "book", pays: Sequence[Pay] = (CARD,), **said: Any
) -> Transaction:
    """Gita books four nights from Easter on."""
    quote = inn.price(home, EASTER, 4, **said)
    return inn.market.transactions.open(quote.id, by=inn.gita, pay=list(pays), entry=entry)


def now(inn: Inn, deal: Transaction) -> Transaction:
    """The deal as it stands."""
    return inn.market.transactions.get(deal.id, by=OPERATOR)


def deposit_of(inn: Inn, deal: Transaction) -> Transaction:
    """The deposit beside a stay."""
    (found,) = [x for x in inn.market.transactions.list(by=OPERATOR) if x.origin_id == deal.id]
    return found


def money(inn: Inn, deal: Transaction) -> tuple[int, int, int]:
    """What is held, was taken, and went back, in cents."""
    found = inn.market.transactions.payments(deal.id, by=OPERATOR)
    return (
        sum(one.held for one in found),
        sum(one.captured for one in found),
        sum(one.refunded for one in found),
    )


def until(inn: Inn, deal: Transaction, moment: str, offset: timedelta = timedelta(0)) -> None:
    """Let time pass until so long after (or before) a moment of the deal."""
    inn.market.advance(now(inn, deal).moments[moment] + offset - inn.now)


def claim(inn: Inn, deposit: Transaction, amount: Money) -> Transaction:
    """The host says that something broke."""
    return inn.market.transactions.take(
        deposit.id, "claim", by=inn.host, amount=amount, damage="a window"
    )


@pytest.mark.behaviour("S9")
@pytest.mark.parametrize(
    ("ahead", "way"), [(60 * DAY, WALLET), (3 * DAY, WALLET), (HOUR, NO_CAPTURE)]
)
def test_a_stay_that_was_given_up_has_no_deposit_whatever_becomes_of_its_fee(
    inn: Inn, ahead: timedelta, way: Pay
) -> None:
    """Cancelled far ahead, before its deposit is held, or after: the fee cannot be had, and the
    deposit is off at that moment, held no more then nor when the stay would have begun."""
    home = inn.home(cancellation="non_refundable", deposit=500_00)
    deal = booked(inn, home, pay="later", pays=[way, BESIDE])
    deposit = deposit_of(inn, deal)
    until(inn, deal, "start", -ahead)
    held = money(inn, deposit)[0]
    assert held == (500_00 if ahead == HOUR else 0)
    assert inn.market.transactions.take(deal.id, "cancel", by=inn.gita).state == "uncollected"
    assert (now(inn, deposit).state, money(inn, deposit)) == ("given_back", (0, 0, 0))
    until(inn, deal, "start", HOUR)
    with pytest.raises(IllegalTransition):
        claim(inn, deposit, dollars("500"))
    until(inn, deal, "start", 8 * DAY)
    assert (now(inn, deal).state, money(inn, deposit)) == ("owed", (0, 0, 0))


@pytest.mark.behaviour("S9")
def test_a_late_fee_is_paid_without_a_deposit(inn: Inn) -> None:
    """Who pays the fee of a cancelled stay in another way has no deposit beside it, by then."""
    home = inn.home(cancellation="non_refundable", deposit=500_00)
    deal = booked(inn, home, pay="later", pays=[WALLET, BESIDE])
    deposit = deposit_of(inn, deal)
    inn.market.transactions.take(deal.id, "cancel", by=inn.gita)
    inn.market.payments.top_up(inn.gita.id, dollars("400"), reference="rail 1")
    assert inn.market.transactions.take(deal.id, "pay_late", by=inn.gita).state == "owed"
    assert now(inn, deposit).state == "given_back"


@define
class Shut:
    """A plugin that lets nobody take a row, until it is asked nicely."""

    row: str
    gives_in: bool = False
    name: str = "shut"

    @hookimpl
    def refuse_transition(self, question: TransitionQuestion) -> Reason | None:
        """No."""
        refuses = question.row.name == self.row and not self.gives_in
        return Reason("not_yet") if refuses else None


@pytest.mark.behaviour("S9")
def test_a_host_claims_nothing_of_a_stay_that_never_began(database_url: str) -> None:
    """Cancelled three days ahead, and the deposit could not be called off at that moment: held by
    the time the stay would have begun, it cannot be claimed, and goes back when that is tried
    again."""
    shut = Shut("call_off")
    inn = open_inn(database_url, shut)
    home = inn.home(cancellation="non_refundable", deposit=500_00)
    deal = booked(inn, home, pay="later", pays=[WALLET, BESIDE])
    deposit = deposit_of(inn, deal)
    until(inn, deal, "start", -3 * DAY)
    assert inn.market.transactions.take(deal.id, "cancel", by=inn.gita).state == "uncollected"
    until(inn, deal, "start", HOUR)
    assert money(inn, deposit) == (500_00, 0, 0)
    with pytest.raises(Refused, match="stay_never_began"):
        claim(inn, deposit, dollars("500"))
    shut.gives_in = True
    inn.market.clockwork.retry(deposit.id)
    inn.market.tick()
    assert (now(inn, deposit).state, money(inn, deposit)) == ("given_back", (0, 0, 0))
    inn.market.close()


@pytest.mark.behaviour("S9")
def test_a_deposit_that_could_not_begin_does_not_begin_after_the_end(database_url: str) -> None:
    """What was refused when the stay was booked is tried again; not any more once the stay was
    given up, though its fee is still looked for."""
    shut = Shut("promise")
    inn = open_inn(database_url, shut)
    home = inn.home(cancellation="non_refundable", deposit=500_00)
    gone = booked(inn, home, pay="later", pays=[WALLET, BESIDE])
    assert inn.market.transactions.take(gone.id, "cancel", by=inn.gita).state == "uncollected"
    stays = booked(inn, home, pay="later", pays=[WALLET, BESIDE])
    shut.gives_in = True
    inn.market.advance(3 * HOUR)
    assert now(inn, gone).state == "uncollected"
    beside = [one.origin_id for one in inn.market.transactions.list(by=OPERATOR) if one.origin_id]
    assert beside == [stays.id]
    inn.market.close()


@pytest.mark.parametrize("amount", [0, 500_00])
def test_a_deposit_is_opened_by_nobody_but_its_stay(inn: Inn, amount: int) -> None:
    """Whoever asks for one by hand, with a deposit or without, before the stay or after it, is
    told which rows open it and what may be opened by hand: an adjustment alone."""
    deal = booked(inn, inn.home(deposit=amount))
    before = len(list(inn.market.transactions.list(by=OPERATOR)))
    for moment in ("start", "end"):
        for by in (inn.gita, inn.host, OPERATOR):
            with pytest.raises(IllegalTransition) as told:
                inn.market.transactions.follow_up(deal.id, "deposit", by=by)
            assert str(told.value) == (
                "deposit is opened by rows of stay (book) where it has a price, and by nobody "
                "else; may be opened: adjustment"
            )
        with pytest.raises(NotFound, match="'tip' follows a stay; may be opened: adjustment"):
            inn.market.transactions.follow_up(deal.id, "tip", by=inn.gita)
        until(inn, deal, moment, HOUR)
    assert len(list(inn.market.transactions.list(by=OPERATOR))) == before


@pytest.mark.behaviour("S9")
def test_a_stay_at_the_door_that_lapses_has_no_deposit(inn: Inn) -> None:
    """Altered to more than the guest can hold, and run out: the deposit goes with the stay."""
    inn.market.payments.top_up(inn.gita.id, dollars("400"), reference="rail 1")
    home = inn.home(deposit=100_00)
    pays = [WALLET, BESIDE]
    deal = booked(inn, home, pay="at_the_door", pays=pays)
    deposit = deposit_of(inn, deal)
    until(inn, deal, "start", -3 * DAY)
    end = deal.moments["end"]
    longer = inn.market.offers.propose(deal.id, "alter", by=inn.gita, end=end + 6 * DAY)
    inn.market.offers.accept(longer.id, by=inn.host)
    inn.market.advance(2 * DAY)
    assert now(inn, deal).ended_at is not None
    until(inn, deal, "start", HOUR)
    assert (now(inn, deposit).state, money(inn, deposit)) == ("given_back", (0, 0, 0))


@pytest.mark.behaviour("S9")
def test_a_deposit_is_what_it_was_when_the_stay_was_priced(inn: Inn) -> None:
    """A host who wants more after he was asked, or after the price was made, is held no more for
    than the guest agreed to: nothing where there was no deposit."""
    home = inn.home(instant=False, deposit=100_00)
    asked = booked(inn, home, entry="ask")
    other = inn.home(instant=False)
    without = booked(inn, other, entry="ask")
    quote = inn.price(inn.home(deposit=100_00), EASTER, 4)
    assert quote.listing_id is not None
    priced = inn.market.listings.get(quote.listing_id, by=inn.host)
    for one in (home, other, priced):
        inn.change(one, deposit=9_000_00)
    inn.market.transactions.take(asked.id, "accept", by=inn.host)
    inn.market.transactions.take(without.id, "accept", by=inn.host)
    at_once = inn.market.transactions.open(quote.id, by=inn.gita, pay=[CARD], entry="book")
    until(inn, asked, "start", -HOUR)
    assert money(inn, deposit_of(inn, asked)) == (100_00, 0, 0)
    assert money(inn, deposit_of(inn, at_once)) == (100_00, 0, 0)
    found = inn.market.transactions.list(by=OPERATOR)
    assert [one for one in found if one.origin_id == without.id] == []


@pytest.mark.behaviour("S9", "S11")
@pytest.mark.parametrize("wanted", [0, 9_000_00])
def test_an_alteration_moves_a_deposit_and_leaves_it_as_it_was(inn: Inn, wanted: int) -> None:
    """The host wants another deposit by now, or none: a longer stay has the one agreed, held a day
    before and given back by the new end."""
    home = inn.home(deposit=100_00)
    deal = booked(inn, home)
    inn.change(home, deposit=wanted)
    end = deal.moments["end"]
    longer = inn.market.offers.propose(deal.id, "alter", by=inn.gita, end=end + DAY)
    inn.market.offers.accept(longer.id, by=inn.host)
    deposit = deposit_of(inn, deal)
    assert deposit.moments["end"] == end + DAY
    until(inn, deal, "start", -HOUR)
    assert money(inn, deposit) == (100_00, 0, 0)


@pytest.mark.behaviour("S9", "C17")
def test_a_claim_that_fails_leaves_the_deposit_whole(inn: Inn) -> None:
    """A claim of 1 that the bank refuses: the next may be for 400 of the 500, and neither it
    nor the operator's bill for more; what the guest secures again is the whole."""
    home = inn.home(deposit=500_00)
    fails = Pay("card", means="tok_capture_fails", purse="deposit")
    deposit = deposit_of(inn, deal := booked(inn, home, pays=[CARD, fails]))
    until(inn, deal, "start", HOUR)
    assert claim(inn, deposit, dollars("1")).state == "lapsed"
    again = inn.market.transactions.take(deposit.id, "secure", by=inn.gita)
    assert (again.state, money(inn, deposit)) == ("held", (500_00, 0, 0))
    assert claim(inn, deposit, dollars("1")).state == "lapsed"
    for row, by in (("claim", inn.host), ("bill", OPERATOR)):
        said: dict[str, Any] = {"damage": "a fire"} if row == "claim" else {}
        with pytest.raises(Refused, match="at most"):
            inn.market.transactions.take(deposit.id, row, by=by, amount=dollars("500.01"), **said)
    assert claim(inn, deposit, dollars("400")).state == "claimed"
    assert money(inn, deposit) == (0, 400_00, 0)
    assert inn.market.ledger.sums() == {"USD": 0}


@pytest.mark.behaviour("S9", "C17")
def test_nothing_is_claimed_for_nothing_and_may_be_decided(inn: Inn) -> None:
    """A claim of zero is refused and changes nothing; the operator may give a host nothing of what
    he claimed, and no more than that, and the guest has all of it back."""
    deal = booked(inn, inn.home(deposit=100_00))
    deposit = deposit_of(inn, deal)
    until(inn, deal, "start", HOUR)
    with pytest.raises(Refused, match="more than nothing"):
        claim(inn, deposit, dollars("0"))
    assert (now(inn, deposit).state, money(inn, deposit)) == ("held", (100_00, 0, 0))
    claim(inn, deposit, dollars("60"))
    inn.market.transactions.take(deposit.id, "object", by=inn.gita)
    with pytest.raises(Refused, match="at most"):
        inn.market.transactions.take(deposit.id, "decide", by=OPERATOR, amount=dollars("61"))
    inn.market.transactions.take(deposit.id, "decide", by=OPERATOR, amount=dollars("0"))
    assert (now(inn, deposit).state, money(inn, deposit)) == ("decided", (0, 60_00, 60_00))
    assert inn.market.ledger.sums() == {"USD": 0}
