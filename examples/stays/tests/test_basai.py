"""Basai's laws: what it promises its families and guests beyond what the library promises."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from basai.app import DATABASE, build, market
from basai.rules import MEALS, attributes, processes
from basai.seed import fill
from basai.story import ask, balance, book, tell

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    IllegalTransition,
    ManualClock,
    Marketplace,
    ProcessError,
    Refused,
)

AUTUMN = datetime(2026, 10, 1, 3, 15, tzinfo=UTC)
PERMIT = "ACAP-204117"


@pytest.fixture
def basai(database_url: str) -> Iterator[Marketplace]:
    """Basai on a fresh database; afterwards its books must balance."""
    with build(database_url, clock=ManualClock(AUTUMN), seed=7) as opened:
        yield opened
        assert set(opened.ledger.sums().values()) <= {0}
        assert opened.ledger.drift() == []


def until(basai: Marketplace, moment: datetime) -> None:
    """Let time pass."""
    basai.advance(moment - basai.context.now())


def test_the_story_ends_as_it_is_told(basai: Marketplace) -> None:
    """One stay lived in, one that nobody came to, one called off: the marketplace has its parts of
    each, and every sentence about them is whole."""
    told: list[str] = []
    tell(basai, told.append)
    ends = sorted(one.state for one in basai.transactions.list(by=OPERATOR))
    assert ends == ["cancelled", "cancelled", "completed"]
    assert str(basai.ledger.profit("NPR")) == "NPR 1368.00"
    assert "  to pay later is refused: pays_now" in told
    assert not [line for line in told if "{" in line.replace("{'NPR': 0}", "")]


def test_a_host_is_paid_for_a_guest_who_was_welcomed(basai: Marketplace) -> None:
    """A day after check-in the welcomed guest's host has the price less the fee, not before."""
    path = fill(basai)
    maya, (lena, _) = path.families[0], path.trekkers
    deal = book(basai, ask(basai, lena, maya, 3), by=lena)
    with pytest.raises(IllegalTransition, match="is not before"):
        basai.transactions.take(deal.id, "welcome", by=maya.party, permit=PERMIT)
    until(basai, deal.moments["start"])
    basai.transactions.take(deal.id, "welcome", by=maya.party, permit=PERMIT)
    until(basai, deal.moments["start"] + DAY - HOUR)
    assert balance(basai, maya.party).amount == 0
    until(basai, deal.moments["start"] + DAY)
    assert str(balance(basai, maya.party)) == "NPR 4968.00"


def test_a_guest_may_say_that_he_was_welcomed(basai: Marketplace) -> None:
    """A family that forgets its telephone freezes nothing: the guest notes the permit himself."""
    path = fill(basai)
    maya, (lena, _) = path.families[0], path.trekkers
    deal = book(basai, ask(basai, lena, maya, 2), by=lena)
    until(basai, deal.moments["start"])
    welcomed = basai.transactions.take(deal.id, "welcome", by=lena, permit=PERMIT)
    assert welcomed.state == "welcomed"
    assert "place" in basai.transactions.get(deal.id, by=lena).attributes, "she still finds it"


def test_a_permit_has_a_number(basai: Marketplace) -> None:
    """What is no permit is refused, and the stay is as it was."""
    path = fill(basai)
    maya, (lena, _) = path.families[0], path.trekkers
    deal = book(basai, ask(basai, lena, maya, 2), by=lena)
    until(basai, deal.moments["start"])
    with pytest.raises(Refused) as refused:
        basai.transactions.take(deal.id, "welcome", by=maya.party, permit="lost it")
    assert [reason.code for reason in refused.value.reasons] == ["permit_unknown"]
    assert basai.transactions.get(deal.id, by=lena).state == "booked"


def test_who_is_not_welcomed_did_not_come(basai: Marketplace) -> None:
    """A day after check-in the clock ends a stay that nobody came to: one night is the host's, the
    others go back, and the room is free again."""
    path = fill(basai)
    maya, (lena, tomas) = path.families[0], path.trekkers
    deal = book(basai, ask(basai, lena, maya, 3), by=lena)
    until(basai, deal.moments["start"] + DAY)
    assert basai.transactions.get(deal.id, by=lena).state == "cancelled"
    assert str(balance(basai, maya.party)) == "NPR 1656.00"
    (payment,) = basai.transactions.payments(deal.id, by=lena)
    assert payment.refunded == 2 * 1_800_00 + 2 * 2 * 100_00
    later = (deal.moments["start"] + 2 * DAY).date()
    assert book(basai, ask(basai, tomas, maya, 1, later), by=tomas).state == "booked"


def test_snow_costs_nothing_two_days_ahead(basai: Marketplace) -> None:
    """Whoever cancels until two days before check-in has everything back, the fee as well."""
    path = fill(basai)
    maya, (lena, _) = path.families[0], path.trekkers
    deal = book(basai, ask(basai, lena, maya, 3), by=lena)
    until(basai, deal.moments["start"] - 2 * DAY)
    basai.transactions.take(deal.id, "cancel", by=lena)
    (payment,) = basai.transactions.payments(deal.id, by=lena)
    assert payment.refunded == payment.captured > 0


def test_the_process_is_proved_for_what_basai_takes(basai: Marketplace) -> None:
    """Both ways of booking hold for cards; a host paid out of a state that the clock cannot end
    would not be made at all."""
    proved = {proof.process for _, proof in basai.check().proofs if proof.method == "card"}
    assert {"stay", "stay_on_request"} <= proved
    plain = processes()[0]
    forgetful = [row for row in plain.transitions if row.name not in ("pay_host", "nobody_came")]
    with pytest.raises(ProcessError):
        type(plain)(plain.name, plain.start, plain.final, forgetful, plain.purses)


def test_a_homestay_feeds_its_guests(basai: Marketplace) -> None:
    """A home without meals is drafted but never published."""
    host = basai.parties.join("Hari")
    for amenities, published in (([], False), ([MEALS], True)):
        listing = basai.listings.draft(
            "stays",
            by=host,
            title="A room",
            currency="NPR",
            attributes=attributes(1_000, amenities=amenities),
        )
        if published:
            assert basai.listings.publish(listing.id, by=host).state == "published"
        else:
            with pytest.raises(Refused, match="meals_missing"):
                basai.listings.publish(listing.id, by=host)


def test_every_stay_that_ends_is_one_line_in_the_log(
    basai: Marketplace, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever watches the log sees each stay once, after its commit."""
    with caplog.at_level("INFO", logger="basai"):
        tell(basai, lambda line: None)
    ends = [one.getMessage().split(": ")[1] for one in caplog.records if one.name == "basai"]
    assert ends == ["leave", "nobody_came", "cancel"]


def test_the_command_finds_basai(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``basai.app:market`` opens Basai on the database that the environment names."""
    monkeypatch.setenv(DATABASE, sqlite_url)
    with market() as opened:
        assert {"stay", "stay_on_request"} <= {one.process for _, one in opened.check().proofs}
