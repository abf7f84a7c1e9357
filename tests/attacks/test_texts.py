"""What people write into names, titles and reasons to break what prints them."""

import csv
import inspect
import io
import logging
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from click.testing import CliRunner

from marketplace import (
    CUSTOMER,
    OPERATOR,
    Ask,
    InvalidInput,
    Listing,
    Marketplace,
    NotFound,
    Pay,
    Transition,
    fold,
)
from marketplace.app.asking import checked_asks
from marketplace.cli import main
from tests.support.cottages import Village, cottages, open_village
from tests.support.refusals import refused

MARKUP = '<script>alert(1)</script><img src=x onerror=alert(1)> <a href="javascript:x">svg</a>'
FORGED = "Hari\nBcc: all@example.org\n\nINFO refused nothing"
FORMULA = '=HYPERLINK("http://evil.example","open")'
CYRILLIC = "\u0410irbnb"

_opened: list[Marketplace] = []


def opened() -> Marketplace:
    """The marketplace that the command is to look into."""
    return _opened[-1]


@pytest.fixture
def looked_into(small_village: Village) -> Iterator[Village]:
    """Yield a village that the command finds."""
    _opened.append(small_village.market)
    yield small_village
    _opened.clear()


@pytest.mark.attack(66)
def test_markup_is_kept_as_it_was_written(village: Village) -> None:
    """In a title, a description, a message, a review and a reply it comes back sign for sign: what
    shows it as HTML escapes it, and nobody guesses what was meant."""
    market = village.market
    home = village.list_home(village.host, MARKUP, description=MARKUP)
    seen = market.listings.get(home.id, by=village.guest)
    assert (seen.title, seen.attributes["description"]) == (MARKUP, MARKUP)
    deal = village.stayed(home=home)
    assert market.messages.send(deal.id, MARKUP, by=village.guest).text == MARKUP
    market.reviews.write(deal.id, by=village.host, rating=5)
    review = market.reviews.write(deal.id, by=village.guest, rating=5, text=MARKUP)
    market.reviews.reply(review.id, by=village.host, text=MARKUP)
    (read,) = market.reviews.list(by=village.host, subject=village.host.id)
    assert (read.text, read.reply) == (MARKUP, MARKUP)


@pytest.mark.attack(67)
def test_a_name_forges_no_line_of_a_log(village: Village, caplog: pytest.LogCaptureFixture) -> None:
    """Actors, keys and what a refusal says are one line each, whatever was put into them."""
    caplog.set_level(logging.DEBUG, logger="marketplace")
    market = village.market
    with pytest.raises(NotFound):
        market.parties.block(village.host.id, by=FORGED, key="k\r\nINFO done")
    with pytest.raises(NotFound):
        market.listings.publish(f"{FORGED}\u2028x\x1b[2J", by=village.host)
    market.parties.join(FORGED, key="one\ntwo")
    assert caplog.records
    for record in caplog.records:
        said = [record.getMessage(), *(str(value) for value in told(record).values())]
        assert all(len(one.splitlines()) <= 1 for one in said), said
        assert "\x1b" not in record.getMessage()
    assert any("INFO refused nothing" in one.getMessage() for one in caplog.records)


def told(record: logging.LogRecord) -> dict[str, Any]:
    """What a record says beside its message."""
    return {
        name: value
        for name, value in vars(record).items()
        if name in ("command", "actor", "code", "key", "subject")
    }


@pytest.mark.attack(67)
def test_a_reason_adds_no_header_to_a_letter() -> None:
    """A notification's text is one line and may be a letter's subject; what was written is kept
    beside it, as it was."""
    words = {"en": {"notify.party.suspended": "you were suspended: {reason}"}}
    village = open_village("sqlite://", trade=cottages(words=words))
    with pytest.raises(InvalidInput, match="control characters"):
        village.market.parties.suspend(village.guest.id, reason="spam\r\nBcc: all@example.org")
    village.market.parties.suspend(village.guest.id, reason="spam\nBcc: all@example.org")
    village.market.tick()
    (note,) = village.channel.notes
    village.market.close()
    assert note.text == "you were suspended: spam Bcc: all@example.org"
    assert note.params["reason"] == "spam\nBcc: all@example.org"
    letter = EmailMessage()
    letter["Subject"] = note.text
    assert "\nBcc:" not in letter.as_string()
    with pytest.raises(ValueError, match="linefeed"):
        letter["Comments"] = note.params["reason"]


@pytest.mark.attack(67, 68)
def test_a_spreadsheet_of_the_ledger_computes_nothing(looked_into: Village) -> None:
    """A party called by a formula, with a second line, is a text in a cell of ``ledger --csv`` and
    one line of the table; amounts stay numbers."""
    market = looked_into.market
    host = market.parties.join(f"{FORMULA}\n=1+1")
    home = looked_into.list_home(host, FORMULA)
    deal = looked_into.stayed(home=home, host=host)
    run = CliRunner().invoke
    where = ["--app", f"{__name__}:opened"]
    made = run(main, ["ledger", deal.id, "--csv", *where], catch_exceptions=False)
    assert made.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(made.stdout, newline="")))
    assert {row["credit"] for row in rows} >= {f"'{FORMULA} =1+1: provider payable"}
    assert {float(row["amount"]) for row in rows} == {100.0}
    assert not [one for row in rows for one in row.values() if one.startswith(("=", "+", "@"))]


@pytest.mark.attack(67)
def test_the_table_of_a_ledger_is_one_line_a_row(looked_into: Village) -> None:
    """A name with breaks and turned writing in it begins no line of a table of its own."""
    host = looked_into.market.parties.join(f"{FORGED}\u202e")
    deal = looked_into.stayed(home=looked_into.list_home(host, "t"), host=host)
    where = ["--app", f"{__name__}:opened"]
    made = CliRunner().invoke(main, ["ledger", host.id, *where], catch_exceptions=False)
    assert "Hari Bcc: all@example.org INFO refused nothing" in made.stdout
    assert not [one for one in made.stdout.splitlines() if one.startswith(("Bcc", "INFO"))]
    assert "\u202e" not in made.stdout
    assert deal.state == "booked"


@pytest.mark.parametrize(
    ("what", "columns"),
    [
        ("", "account,currency,debits,credits"),
        ("host", "at,entry,account,amount,currency,against,phase"),
    ],
)
def test_every_ledger_can_be_a_spreadsheet(looked_into: Village, what: str, columns: str) -> None:
    """The whole ledger and a party's are printed as tables with their columns' names; as two things
    at once neither is."""
    looked_into.stayed()
    of = [looked_into.host.id] if what else []
    where = ["--app", f"{__name__}:opened"]
    both = CliRunner().invoke(main, ["ledger", *of, "--csv", "--json", *where])
    assert both.exit_code == 2
    made = CliRunner().invoke(main, ["ledger", *of, "--csv", *where], catch_exceptions=False)
    header, *rows = made.stdout.splitlines()
    assert header == columns
    assert rows


@pytest.mark.attack(69)
def test_a_name_that_looks_like_another_is_the_same_and_is_flagged(village: Village) -> None:
    """A title with a Cyrillic A, a sign that nobody sees or turned writing is held out as it was
    written; it folds to what it imitates, and the operator hears of it, as he does of a contact."""
    market, host = village.market, village.host

    def flags(listing: Listing) -> list[Any]:
        found = market.events.about(listing.id, by=OPERATOR)
        return [one.data["fields"] for one in found if one.kind == "listing.flagged"]

    for title, trick in (
        (CYRILLIC, "mixed_scripts"),
        ("Air\u200bbnb", "invisible"),
        ("\u202aAirbnb", "turned_writing"),
    ):
        home = village.list_home(host, title)
        assert home.title == title
        assert fold(home.title) == fold("AirBnB")
        assert flags(home) == [{"title": [trick]}]
        hosts = [one.event.kind for one in market.events.feed(by=host, limit=500)]
        assert "listing.flagged" not in hosts
    honest = village.list_home(host, "Airbnb", description="शान्त घर")
    assert flags(honest) == []
    market.listings.change(honest.id, by=host, title="Call 9812345678")
    market.listings.change(honest.id, by=host, place=None, title="Airbnb")
    assert flags(honest) == [{"title": ["contact"]}]


VERBS = ("quotes", "transactions", "requests", "listings", "offers", "messages", "reviews",
         "disputes", "payments", "payouts", "parties", "matching", "files")  # fmt: skip


@pytest.mark.attack(16)
def test_no_verb_takes_a_total_or_anything_unknown(small_village: Village) -> None:
    """Every verb names what it takes: a body with ``total`` (or a state, or a fee) fits none of
    them; a price is a quote's, named by its id. Rows ask by name, and refuse any other."""
    market = small_village.market
    open_ended = []
    for noun in VERBS:
        kind = type(getattr(market, noun))
        for name, verb in vars(kind).items():
            if name.startswith("_") or not callable(verb):
                continue
            signature = inspect.signature(getattr(market, noun).__getattribute__(name))
            if any(one.kind is one.VAR_KEYWORD for one in signature.parameters.values()):
                open_ended.append(f"{noun}.{name}")
                continue
            for field in ("total", "state_of_payment", "fee_bp", "payout"):
                with pytest.raises(TypeError):
                    signature.bind_partial(**{field: 1})
    assert sorted(open_ended) == [
        "offers.accept",
        "offers.counter",
        "offers.propose",
        "transactions.take",
    ]
    takes = {
        noun: set(inspect.signature(getattr(market, noun).__getattribute__(verb)).parameters)
        for noun, verb in (("quotes", "make"), ("transactions", "open"))
    }
    assert takes["quotes"] == {"request_id", "by", "listing", "currency", "key"}
    assert takes["transactions"] == {"quote_id", "by", "request", "pay", "entry", "asks", "key"}


@pytest.mark.attack(16)
def test_what_looks_like_json_refuses_unknown_fields(village: Village) -> None:
    """Attributes, what a row asks for, a place and an amount written as mappings: a field besides
    theirs, or a missing one, is refused and nothing is written."""
    market, guest = village.market, village.guest
    start = village.clock.now()
    refused(
        market,
        InvalidInput,
        lambda: market.requests.open(
            "cottages", by=guest, currency="NPR", attributes={"message": "", "total": 1}
        ),
        by=guest,
    )
    request = market.requests.open(
        "cottages", by=guest, currency="NPR", listing=village.home.id,
        start=start.replace(day=25), end=start.replace(day=26),
    )  # fmt: skip
    quote = market.quotes.make(request.id, by=guest)
    refused(
        market,
        InvalidInput,
        lambda: market.transactions.open(quote.id, by=guest, pay=Pay("card"), asks={"total": 1}),
        by=guest,
    )
    asks = [Ask("where", "place"), Ask("sum", "money")]
    row = Transition("meet", CUSTOMER, "a", "b", asks=asks)
    good = {"where": {"lat": 1, "lon": 2.5}, "sum": {"amount": 1, "currency": "NPR"}}
    assert checked_asks(row, good, "NPR")["where"].lon == 2.5
    for wrong in (
        {**good, "where": {"lat": 1, "lon": 2, "total": 1}},
        {**good, "where": {"lat": 1}},
        {**good, "where": {"lat": "1", "lon": 2}},
        {**good, "where": {"lat": True, "lon": 2}},
        {**good, "where": "12 Lakeside"},
        {**good, "sum": {"amount": 1, "currency": "NPR", "total": 1}},
        {**good, "total": 1},
    ):
        with pytest.raises(InvalidInput):
            checked_asks(row, wrong, "NPR")
