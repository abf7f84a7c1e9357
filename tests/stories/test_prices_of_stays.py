"""Prices of stays, transfer by transfer: what the guest pays, and who has it in the end."""

from datetime import date
from typing import Any

import pytest

from marketplace import DAY, OPERATOR, Money, Purpose, Refused
from marketplace.plugins.stays import Fees
from tests.support.inn import CARD, EASTER, Inn, amounts, dollars, open_inn

EASTER_LATER = 120 * DAY
FULL: dict[str, Any] = {
    "nightly": 10_000, "weekend": 12_000, "cleaning": 5_000, "pet": 2_500,
    "extra_guest": {"after": 2, "each": 1_500}, "weekly_bp": 1_000,
    "early_bird": [{"days": 60, "bp": 500}],
}  # fmt: skip


def moved(inn: Inn, transaction: str, kind: str) -> list[tuple[Purpose, Purpose, int]]:
    """What the journals of a kind moved for a deal: from, to, how much."""
    journals = inn.market.ledger.of_transaction(transaction, by=OPERATOR)
    return [
        (one.debit.purpose, one.credit.purpose, one.amount)
        for journal in journals
        if journal.kind == kind
        for one in journal.transfers
    ]


@pytest.mark.behaviour("S7", "C2", "C6")
def test_four_nights_at_a_hundred(inn: Inn) -> None:
    """The example of the books: 450 for the stay, 13.50 of it the marketplace's, 436.50 the host's;
    what the guest pays beside are the marketplace's fee and two taxes."""
    market = inn.market
    home = inn.home(rates={"nightly": 10_000, "cleaning": 5_000}, jurisdiction="albany")
    quote = inn.price(home, EASTER, 4, guests={"adults": 2, "children": 1})
    assert amounts(quote) == {
        "nights": 40_000,
        "cleaning": 5_000,
        "guest_fee": 6_354,
        "host_fee": 1_350,
        "occupancy_tax": 2_700,
        "occupancy_tax_by_head": 1_200,
    }
    assert quote.payin == dollars("552.54")
    stay = market.transactions.open(quote.id, by=inn.gita, pay=CARD)
    market.advance(120 * DAY)
    assert market.transactions.get(stay.id, by=inn.host).state == "completed"
    assert moved(inn, stay.id, "settle") == [
        (Purpose.ESCROW, Purpose.PAYABLE, 40_000),
        (Purpose.ESCROW, Purpose.PAYABLE, 5_000),
        (Purpose.ESCROW, Purpose.REVENUE, 6_354),
        (Purpose.PAYABLE, Purpose.REVENUE, 1_350),
        (Purpose.ESCROW, Purpose.TAX, 2_700),
        (Purpose.ESCROW, Purpose.TAX, 1_200),
    ]
    (paid,) = market.payouts.list(by=inn.host)
    assert (paid.state, paid.amount) == ("paid", 43_650)
    assert market.ledger.profit("USD") == dollars("77.04")
    assert market.ledger.sums() == {"USD": 0}


@pytest.mark.behaviour("S6", "C2", "C7")
def test_everything_a_host_may_ask(inn: Inn) -> None:
    """Weekend, a feast's own price, cleaning, a third guest, a pet, a week's discount and an early
    bird's: one line each, which computes again from what is stored, and each told in a sentence."""
    market = inn.market
    home = inn.home(
        rates=FULL,
        pets=1,
        plan={"rules": [{"from": "2026-04-05", "price": 20_000, "label": "Easter"}]},
    )
    said = {"adults": 2, "children": 1, "infants": 1, "pets": 1}
    quote = inn.price(home, EASTER, 7, guests=said)
    nights = 2 * 12_000 + 20_000 + 4 * 10_000
    week = nights // 10
    early = (nights - week) * 500 // 10_000
    left = nights + 5_000 + 7 * 1_500 + 2_500 - week - early
    assert amounts(quote) == {
        "nights": nights,
        "cleaning": 5_000,
        "extra_guests": 10_500,
        "pet": 2_500,
        "weekly_discount": week,
        "early_bird": early,
        "guest_fee": (left * 1_412 + 5_000) // 10_000,
        "host_fee": (left * 300 + 5_000) // 10_000,
    }
    stay = market.transactions.open(quote.id, by=inn.gita, pay=CARD)
    assert all(line.amount.amount == again for _, line, again in market.quotes.recompute(stay.id))
    told = [one.text for one in market.why.transaction(stay.id, by=inn.gita)]
    assert told[:6] == [
        "USD 840.00: 7 nights (2 at USD 120.00, 1 at USD 200.00, 4 at USD 100.00)",
        "USD 50.00: cleaning, once",
        "USD 105.00: 1 guest above 2 at USD 15.00 each, 7 nights",
        "USD 25.00: a pet, once",
        "USD 84.00 less: 10 % off from 7 days on",
        "USD 37.80 less: 5 % off, asked 60 days ahead or more",
    ]
    nepali = [one.text for one in market.why.transaction(stay.id, by=inn.gita, language="ne")]
    assert nepali[1] == "USD ५०.००: सरसफाइ, एक पटक"


@pytest.mark.behaviour("S6")
def test_a_rate_that_is_not_given_back(inn: Inn) -> None:
    """Who renounces a refund pays less, where the host offers it; the choice is in the request."""
    home = inn.home(rates={"nightly": 10_000, "non_refundable_bp": 1_000})
    plain, strict = inn.price(home, EASTER, 2), inn.price(home, EASTER, 2, rate="non_refundable")
    assert amounts(strict)["non_refundable"] == 2_000
    assert "non_refundable" not in amounts(plain)
    assert set(inn.why_not(inn.home(), EASTER, 2, rate="non_refundable")) == {
        "stay_rate_not_offered"
    }


@pytest.mark.behaviour("S7", "C2")
@pytest.mark.parametrize(
    ("currency", "nightly", "host", "paid"),
    [("JPY", 12_345, 1_852, 12_345), ("KWD", 45_678, 6_852, 45_678), ("NPR", 1, 0, 1)],
)
def test_a_host_only_fee_in_any_currency(currency: str, nightly: int, host: int, paid: int) -> None:
    """The guest pays what the host named, and the host bears the fee, to the minor unit of a
    currency without decimals and of one with three."""
    inn = open_inn("sqlite://", fees=Fees.host_only(1_500))
    quote = inn.price(inn.home(currency=currency, rates={"nightly": nightly}), EASTER, 1)
    assert quote.payin == Money(paid, currency)
    assert amounts(quote).get("host_fee", 0) == host
    inn.market.close()


def test_a_price_agreed_with_the_host_bears_the_same_fees(inn: Inn) -> None:
    """A host's special offer replaces the nights and the host's fees; the marketplace's fee and
    the taxes are reckoned from it."""
    home = inn.home(jurisdiction="albany", plan={"least": 5})
    request = inn.market.requests.open(
        "stays",
        by=inn.gita,
        currency="USD",
        start=inn.stays.span(home, EASTER, EASTER + 2 * DAY).start,
        end=inn.stays.span(home, EASTER, EASTER + 2 * DAY).end,
        attributes={"guests": {"adults": 2}},
    )
    offer = inn.market.offers.make(
        request.id, by=inn.host, listing=home.id, price=dollars("150.00")
    )
    assert offer.quote_id is not None
    quote = inn.market.quotes.get(offer.quote_id, by=inn.gita)
    assert amounts(quote) == {
        "agreed_price": 15_000,
        "guest_fee": 2_118,
        "host_fee": 450,
        "occupancy_tax": 900,
        "occupancy_tax_by_head": 600,
    }


@pytest.mark.behaviour("C16")
def test_a_home_without_a_price_says_so(small_inn: Inn) -> None:
    """No price is not the price nothing: such a home is shown, its nights are not had, and why."""
    home = small_inn.home(rates={})
    assert small_inn.why_not(home, EASTER, 2) == {
        "stay_no_price": {"dates": ["2026-04-03", "2026-04-04"], "count": 2}
    }
    (night,) = small_inn.calendar(home, EASTER, 1)
    assert (night.price, night.free, night.bookable) == (None, 1, False)


@pytest.mark.behaviour("C2")
def test_a_price_holds_though_the_host_changes_it(inn: Inn) -> None:
    """A quote is the price until it expires, whatever the host asks of the next one."""
    home = inn.home()
    quote = inn.price(home, EASTER, 2)
    dearer = inn.change(home, rates={"nightly": 99_900})
    stay = inn.market.transactions.open(quote.id, by=inn.gita, pay=CARD)
    (payment,) = inn.market.transactions.payments(stay.id, by=inn.gita)
    assert payment.kept == quote.payin.amount
    assert amounts(inn.price(dearer, EASTER + 3 * DAY, 1))["nights"] == 99_900


def test_a_stay_called_off_in_time_costs_nothing(inn: Inn) -> None:
    """A day before check-in and earlier the guest has all of it back, and the nights are free."""
    home = inn.home()
    stay = inn.book(home, EASTER, 2)
    gone = inn.market.transactions.take(stay.id, "cancel", by=inn.gita)
    assert gone.state == "cancelled"
    (payment,) = inn.market.transactions.payments(stay.id, by=inn.gita)
    assert payment.kept == 0
    assert inn.free(home, EASTER, 2) == "11"
    assert inn.market.ledger.profit("USD") == dollars("0.00")
    assert inn.market.ledger.balance(inn.host.id, "USD", by=inn.host) == dollars("0.00")


def test_a_year_of_prices_fits_into_one_quote(small_inn: Inn) -> None:
    """A thousand nights are one line, whose prices are told in runs."""
    home = small_inn.home(plan={"least": 1_000, "most": 1_125})
    assert set(small_inn.why_not(home, EASTER, 999)) == {"stay_too_short_arriving"}
    quote = small_inn.price(home, EASTER, 1_000)
    (line,) = quote.lines
    assert line.inputs["runs"] == [[date(2026, 4, 3).isoformat(), 1_000, 10_000]]
    assert quote.payin == dollars("100000.00")


@pytest.mark.behaviour("C6")
def test_a_cohost_has_a_share_of_what_is_left_to_the_host(inn: Inn) -> None:
    """Of what the guest pays the host, less the marketplace's fee, the co-hosts have their shares,
    each to the cent; the rest is the host's, and the sum is the whole."""
    market = inn.market
    coco, dan = market.parties.join("Coco"), market.parties.join("Dan")
    cohosts = [
        {"party": coco.id, "share_bp": 2_000},
        {"party": dan.id, "share_bp": 1_000},
    ]
    home = inn.home(rates={"nightly": 3_333, "cleaning": 1}, cohosts=cohosts)
    quote = inn.price(home, EASTER, 1)
    assert (amounts(quote)["host_fee"], amounts(quote)["cohost"]) == (100, 970)
    inn.market.transactions.open(quote.id, by=inn.gita, pay=CARD)
    market.advance(EASTER_LATER)
    shares = [market.payouts.list(by=who)[0].amount for who in (inn.host, coco, dan)]
    assert shares == [3_334 - 100 - 970, 647, 323]
    assert "cohosts" not in market.listings.get(home.id, by=inn.ben).attributes
    too_many = [{**one, "share_bp": 6_000} for one in cohosts]
    with pytest.raises(Refused, match="stay_shares_above_all"):
        inn.change(home, cohosts=too_many)


def test_nobody_pays_for_a_cohost_who_left(inn: Inn) -> None:
    """A stay that was priced with a co-host is not booked when the listing names none any more: its
    money would have nobody to go to."""
    coco = inn.market.parties.join("Coco")
    home = inn.home(cohosts=[{"party": coco.id, "share_bp": 2_000}])
    quote = inn.price(home, EASTER, 1)
    inn.change(home, cohosts=[])
    with pytest.raises(Refused) as refused:
        inn.market.transactions.open(quote.id, by=inn.gita, pay=CARD)
    assert [reason.code for reason in refused.value.reasons] == ["stay_cohost_left"]
    assert inn.book(home, EASTER, 1).state == "booked"


def test_where_a_home_is_stands_in_the_deal_alone(inn: Inn) -> None:
    """Others read a place that is blurred, and no address; who has booked reads both."""
    home = inn.home(address="12 Elm Street")
    assert "address" not in inn.market.listings.get(home.id, by=inn.gita).attributes
    stay = inn.book(home, EASTER, 1)
    seen = inn.market.transactions.get(stay.id, by=inn.gita)
    assert seen.attributes["address"] == "12 Elm Street"
    inn.market.transactions.take(stay.id, "cancel", by=inn.gita)
    assert "address" not in inn.market.transactions.get(stay.id, by=inn.gita).attributes
