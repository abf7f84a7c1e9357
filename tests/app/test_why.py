"""Why: prices, matches, refusals, refunds and fees explain themselves, in two languages."""

import re
from typing import Any

import pytest

from marketplace import (
    OPERATOR,
    Forbidden,
    Money,
    NotFound,
    Pay,
    PricingQuestion,
    Proposal,
    Reason,
    hookimpl,
    money_text,
)
from tests.stories.test_adjusted_rides import adjust, lowered
from tests.support.ride_world import PATAN, THAMEL, OpenTown, Town

LATIN_DIGIT = re.compile("[0-9]")
DEVANAGARI_DIGIT = re.compile("[०-९]")
DEVANAGARI = re.compile("[ऀ-ॿ]")


@pytest.mark.behaviour("T6", "C7")
def test_a_price_is_told_in_nepali_with_nepali_digits(town: Town) -> None:
    """Every line of a price has a Nepali sentence, its sums in rupees with Nepali digits and no
    Latin ones, and the amounts are whole rupees for the rider."""
    sita = town.rider(language="ne")
    _, quote = town.quote(sita)
    assert quote.payin.amount % 100 == 0
    told = town.market.why.quote(quote.id, by=sita, language="ne")
    assert len(told) == len(quote.lines)
    for line, because in zip(quote.lines, told, strict=True):
        assert DEVANAGARI.search(because.text), because.text
        assert DEVANAGARI_DIGIT.search(because.text), because.text
        assert not LATIN_DIGIT.search(because.text), because.text
        assert money_text(line.amount, "ne") in because.text
    assert money_text(Money(19_700, "NPR"), "ne").startswith("रु")


@pytest.mark.behaviour("T6")
def test_why_nobody_came_is_told_in_both_languages(town: Town) -> None:
    """Each reason for which a driver was passed over has its own sentence in English and Nepali."""
    sita, ram = town.rider(), town.driver()
    wishes = {
        "another_tier": None,
        "gender_preference": {"driver_gender": "same", "gender": "woman"},
        "payment_not_taken": {"payment": "barter"},
    }
    town.market.listings.change(
        ram.listing, by=ram.party, attributes={"tier": "ride", "payments": ["cash"], "seats": 1}
    )
    for reason, wish in wishes.items():
        if wish is None:
            continue
        ride = town.order(sita, "cash", attributes=wish)
        town.dispatch()
        for language in ("en", "ne"):
            (because,) = town.market.why.pairing(
                str(ride.request_id), ram.listing, by=sita, language=language
            )
            assert because.reason.code == reason
            assert reason not in because.text
            assert bool(DEVANAGARI.search(because.text)) is (language == "ne")
        town.take(ride, "cancel", sita)


@pytest.mark.behaviour("C7")
def test_a_whole_deal_explains_itself(town: Town) -> None:
    """Price lines, offer, match, payment, a wrong code and a refused hand are all told about one
    ride, each from what was stored, and no sentence is a bare code."""
    sita, ram = town.rider(), town.driver()
    ride = town.arrived(sita, ram, "card")
    with pytest.raises(Exception, match="wrong_code"):
        town.take(ride, "start", ram, code="none")
    with pytest.raises(Forbidden):
        town.take(ride, "no_show", sita)
    town.take(ride, "start", ram, code=town.code(ride))
    town.take(ride, "finish", ram, tolls=town.money(500))
    told = town.market.why.transaction(ride.id, by=OPERATOR)
    about = {one.about.split(" ")[0] for one in told}
    assert {"price", "terms", "offer", "payment", "refusal", "match"} <= about
    codes = {one.reason.code for one in told}
    assert {"wrong_code", "not_your_row", "ride_toll", "line.commission"} <= codes
    for one in told:
        assert one.text
        assert one.text != one.reason.code
        assert not one.text.startswith(f"{one.reason.code}:"), one.text
    with pytest.raises(NotFound):
        town.market.why.transaction(ride.id, by=town.rider("Gita"))


@pytest.mark.behaviour("C8")
@pytest.mark.invariant(37)
def test_what_was_tried_in_vain_is_told_to_whoever_tried(town: Town) -> None:
    """Each side hears why it was refused itself, and nothing of what the other side tried."""
    sita, ram = town.rider(), town.driver()
    ride = town.arrived(sita, ram, "card")
    with pytest.raises(Exception, match="wrong_code"):
        town.take(ride, "start", ram, code="none")
    with pytest.raises(Forbidden):
        town.take(ride, "no_show", sita)

    def refused(by: Any) -> list[str]:
        told = town.market.why.transaction(ride.id, by=by)
        return [one.reason.code for one in told if one.about == "refusal"]

    assert refused(ram.party) == ["wrong_code"]
    assert refused(sita) == ["not_your_row"]
    assert refused(OPERATOR) == ["wrong_code", "not_your_row"]


@pytest.mark.behaviour("C7")
def test_a_refund_and_a_fee_explain_themselves(town: Town) -> None:
    """The adjustment that gave money back says why, what each line is and what the card was given;
    the fee says its share of what."""
    sita, ram = town.rider(), town.driver()
    ride = town.settled(sita, ram, "card")
    back = adjust(town, ride, "lower", lines=lowered(10_000))
    told = town.market.why.transaction(back.id, by=sita)
    assert {"line.fare", "line.commission"} <= {one.reason.code for one in told}
    paid = [one for one in town.market.why.transaction(ride.id, by=sita) if one.about == "payment"]
    assert [one.reason.params["refunded"] for one in paid] == [9_700]
    fee = [
        one
        for one in town.market.why.transaction(ride.id, by=ram.party)
        if one.reason.code == "line.commission"
    ]
    assert fee
    assert {one.reason.params["bp"] for one in fee} == {1_500}


def test_words_for_a_request_that_nobody_dispatched(town: Town) -> None:
    """Before any dispatch, why says that there was none."""
    sita, ram = town.rider(), town.driver()
    request = town.ask(sita, place=THAMEL, to=PATAN)
    (because,) = town.market.why.pairing(request.id, ram.listing, by=sita)
    assert because.reason.code == "never_dispatched"


class Umbrella:
    """Lends an umbrella with no ride, and says why."""

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Proposal | None:
        """No line; a reason."""
        if question.occasion != "quote":
            return None
        return Proposal(reasons=[Reason("no_rain", {"at": question.at.isoformat()})])


@pytest.mark.behaviour("C7")
def test_what_gave_no_line_is_told_with_the_price(open_town: OpenTown) -> None:
    """The reasons that a plugin gives beside the lines of a quote are kept with it, are the same
    years later under the same key, and stand in the first terms of the deal made on it."""
    town = open_town(plugins=[Umbrella()])
    sita = town.rider()
    request = town.ask(sita)
    quote = town.market.quotes.make(request.id, by=sita, key="k")
    (reason,) = quote.reasons
    assert (reason.code, reason.plugin) == ("no_rain", "umbrella")
    assert town.market.quotes.make(request.id, by=sita, key="k") == quote
    assert town.market.quotes.get(quote.id, by=sita) == quote
    told = town.market.why.quote(quote.id, by=sita)
    assert [one.reason for one in told if one.about == "terms"] == [reason]
    ride = town.market.transactions.open(quote.id, by=sita, pay=Pay("cash"))
    (terms,) = town.market.transactions.terms(ride.id, by=sita)
    assert list(terms.reasons) == [reason]
