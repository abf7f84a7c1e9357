"""One's own calendar handed out: which days, and nothing about whom they are for."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import icalendar
import pytest

from marketplace import DAY, HOUR, NotFound, Span
from marketplace.plugins.ical import FeedAddress
from tests.support.calendar_server import Site
from tests.support.calendars import BERLIN, Valley, calendar, stay


def dec(day: int) -> date:
    return date(2026, 12, day)


def handed_out(valley: Valley, hut: str, **given: bool) -> FeedAddress:
    return valley.feeds.publish(hut, by=valley.host, **given)


def events(body: bytes) -> list[tuple[str, str, str]]:
    """Summary, start and end of each event, read by the parser of others."""
    found = icalendar.Calendar.from_ical(body)
    return [
        (str(one["SUMMARY"]), str(one["DTSTART"].dt), str(one["DTEND"].dt))
        for one in found.walk("VEVENT")
    ]


@pytest.mark.behaviour("S5")
def test_deals_and_blocks_are_handed_out_as_days(valley: Valley) -> None:
    """A deal is reserved, a block not available, both with the local days they take, the last one
    outside, and the nights of preparation with them; what was called off is gone."""
    hut = valley.hut(before=1, after=2)
    deal = valley.book(hut, dec(5), dec(8))
    span = Span.of_days(dec(20), dec(22), BERLIN)
    valley.market.listings.block_out(hut, span, by=valley.host, resource="nights", label="roof")
    token = handed_out(valley, hut).token
    assert events(valley.feeds.export(token)) == [
        ("Reserved", "2026-12-04", "2026-12-10"),
        ("Not available", "2026-12-20", "2026-12-22"),
    ]
    valley.market.transactions.take(deal.id, "cancel", by=valley.ana)
    assert events(valley.feeds.export(token)) == [("Not available", "2026-12-20", "2026-12-22")]


@pytest.mark.behaviour("S5")
def test_nobody_is_in_it(valley: Valley) -> None:
    """The calendar holds the properties that others need and no other; no name, no id of ours, no
    label, no title."""
    hut = valley.hut()
    deal = valley.book(hut, dec(5), dec(8))
    span = Span.of_days(dec(20), dec(22), BERLIN)
    valley.market.listings.block_out(hut, span, by=valley.host, resource="nights", label="roof")
    body = valley.feeds.export(handed_out(valley, hut).token)
    (first, _) = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert sorted(first) == ["DTEND", "DTSTAMP", "DTSTART", "SUMMARY", "TRANSP", "UID"]
    claims = [one.id for one in valley.claims(hut)]
    people = [valley.host, valley.ana, "Hanna", "Ana", "A hut", "roof"]
    for secret in (*people, *claims, deal.id, hut):
        assert secret.encode() not in body


def test_it_is_written_as_the_standard_says(in_memory: Valley) -> None:
    """Lines end in carriage return and line feed and have at most 75 bytes, days are of the type
    DATE, every event has a name and a stamp, and asking twice gives the same bytes."""
    hut = in_memory.hut()
    in_memory.book(hut, dec(5), dec(8))
    token = handed_out(in_memory, hut).token
    body = in_memory.feeds.export(token)
    lines = body.split(b"\r\n")
    assert lines[-1] == b""
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in lines)
    for wanted in (
        b"BEGIN:VCALENDAR", b"VERSION:2.0", b"DTSTART;VALUE=DATE:20261205",
        b"DTEND;VALUE=DATE:20261208", b"DTSTAMP:20261123T110000Z",
    ):  # fmt: skip
        assert wanted in lines
    in_memory.clock.advance(HOUR)
    assert in_memory.feeds.export(token) == body


def test_an_event_keeps_its_name(in_memory: Valley) -> None:
    """An event is called the same as long as its deal lives, so that others change what they have
    and do not make a second one; two events are never called the same."""
    hut = in_memory.hut()
    token = handed_out(in_memory, hut).token
    in_memory.book(hut, dec(5), dec(8))

    def names() -> list[str]:
        found = icalendar.Calendar.from_ical(in_memory.feeds.export(token))
        return [str(one["UID"]) for one in found.walk("VEVENT")]

    (first,) = names()
    assert first.endswith("@valley.example")
    in_memory.book(hut, dec(1), dec(3))
    in_memory.market.advance(DAY)
    assert len(set(names())) == 2
    assert first in names()


@pytest.mark.behaviour("S5")
def test_no_calendar_comes_round(site: Site) -> None:
    """Two marketplaces that read each other pass nothing round: what one has from the other does
    not come back, not even where it is told to hand out what it took in; so days that are called
    off are free on both sides."""
    here = Valley("sqlite://", site)
    there = Valley("sqlite://", site, domain="there.example")
    mine, theirs = here.hut(), there.hut()
    for imported in (False, True):
        out, back = (
            handed_out(here, mine, imported=imported),
            handed_out(there, theirs, imported=imported),
        )
        deal = here.book(mine, dec(5), dec(8))
        site.pages["/out.ics"] = here.feeds.export(out.token)
        if not imported:
            there_feed = there.follow(theirs, here.feeds.export(out.token), "/out.ics")
            here_feed = here.follow(mine, there.feeds.export(back.token), "/back.ics")
        for _ in range(3):
            there.feeds.refresh(there_feed.id, by=there.host)
            site.pages["/back.ics"] = there.feeds.export(back.token)
            here.feeds.refresh(here_feed.id, by=here.host)
        assert there.nights(theirs) == ["b 12-05 12-08"]
        assert here.nights(mine) == ["t 12-05 12-08"]
        assert here.heard("ical.conflict") == []
        here.market.transactions.take(deal.id, "cancel", by=here.ana)
        site.pages["/out.ics"] = here.feeds.export(out.token)
        there.feeds.refresh(there_feed.id, by=there.host, believe=True)
        site.pages["/back.ics"] = there.feeds.export(back.token)
        here.feeds.refresh(here_feed.id, by=here.host, believe=True)
        assert (there.nights(theirs), here.nights(mine)) == ([], [])


def test_our_own_export_is_never_taken_in(in_memory: Valley) -> None:
    """Whoever puts our own calendar somewhere else and has us follow it there has nothing of it:
    its events are ours by their names."""
    hut = in_memory.hut()
    in_memory.book(hut, dec(5), dec(8))
    body = in_memory.feeds.export(handed_out(in_memory, hut).token)
    other = in_memory.hut()
    feed = in_memory.follow(other, body)
    assert (feed.state, feed.own, in_memory.nights(other)) == ("fine", 1, [])


def test_what_others_took_is_handed_out_where_it_is_asked_for(in_memory: Valley) -> None:
    """Blocks that came from another calendar are left out, unless the address was made to show
    them, for a place that nobody else tells."""
    hut = in_memory.hut()
    in_memory.follow(hut, calendar(stay("a", "20261201", "20261205")))
    address = handed_out(in_memory, hut)
    assert events(in_memory.feeds.export(address.token)) == []
    assert handed_out(in_memory, hut, imported=True).token == address.token
    assert events(in_memory.feeds.export(address.token)) == [
        ("Not available", "2026-12-01", "2026-12-05")
    ]


def test_of_several_units_the_days_on_which_none_is_left(in_memory: Valley) -> None:
    """A type of which others know one: its calendar says when nothing is left, in one event however
    many deals make it so."""
    hut = in_memory.hut(units=2)
    token = handed_out(in_memory, hut).token
    in_memory.book(hut, dec(1), dec(6))
    assert events(in_memory.feeds.export(token)) == []
    in_memory.book(hut, dec(2), dec(4), by=in_memory.ben)
    in_memory.book(hut, dec(4), dec(5), by=in_memory.ben)
    assert events(in_memory.feeds.export(token)) == [("Not available", "2026-12-02", "2026-12-05")]


def test_hours_are_handed_out_as_instants(in_memory: Valley) -> None:
    """Where instants are counted, events have times, in UTC."""
    lesson = in_memory.hut("lessons")
    start = datetime(2026, 12, 1, 16, tzinfo=ZoneInfo(BERLIN))
    in_memory.book_span(lesson, start, start + HOUR)
    body = in_memory.feeds.export(handed_out(in_memory, lesson).token)
    assert b"DTSTART:20261201T150000Z" in body
    assert b"DTEND:20261201T160000Z" in body


def test_what_is_over_or_lapsed_is_not_shown(in_memory: Valley) -> None:
    """The calendar begins today, with a stay that is under way."""
    hut = in_memory.hut()
    token = handed_out(in_memory, hut).token
    span = Span.of_days(date(2026, 11, 24), date(2026, 11, 26), BERLIN)
    in_memory.market.listings.block_out(hut, span, by=in_memory.host, resource="nights")
    in_memory.market.advance(2 * DAY)
    assert len(events(in_memory.feeds.export(token))) == 1
    in_memory.market.advance(DAY)
    assert events(in_memory.feeds.export(token)) == []


@pytest.mark.behaviour("S5")
def test_only_who_has_the_token_reads(valley: Valley) -> None:
    """The token has 160 bits of chance; a wrong one, part of one, an old one, the id without the
    secret, or no text at all lead nowhere and say nothing about what there is."""
    hut, other = valley.hut(), valley.hut()
    address = handed_out(valley, hut)
    second = handed_out(valley, other)
    assert handed_out(valley, hut) == address
    assert len(address.token) - len(address.id) == 33
    crossed = f"{address.id}-{second.token.rpartition('-')[2]}"
    wrong = [
        "", "x", address.id, f"{address.id}-", address.token[:-1], address.token + "0", crossed,
        address.token.upper(), f" {address.token}", "ical-address_" + "0" * 26 + "-" + "0" * 32,
        None, 7, b"x", "\ud800", address.token.replace(address.id, second.id),
    ]  # fmt: skip
    for token in wrong:
        with pytest.raises(NotFound, match="by this token"):
            valley.feeds.export(token)  # type: ignore[arg-type]
    turned = valley.feeds.rotate(address.id, by=valley.host)
    assert turned.token != address.token
    with pytest.raises(NotFound):
        valley.feeds.export(address.token)
    assert valley.feeds.export(turned.token).startswith(b"BEGIN:VCALENDAR")
    for attempt in (valley.feeds.rotate, valley.feeds.retract):
        with pytest.raises(NotFound):
            attempt(address.id, by=valley.ben)
    valley.feeds.retract(address.id, by=valley.host)
    with pytest.raises(NotFound):
        valley.feeds.export(turned.token)
    assert valley.feeds.export(second.token).startswith(b"BEGIN:VCALENDAR")


def test_tokens_are_compared_in_constant_time(
    in_memory: Valley, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secret is compared by what does not tell how much of it was right, also where there is
    no such address."""
    compared: list[bool] = []
    import hmac

    real = hmac.compare_digest

    def compare(a: bytes, b: bytes) -> bool:
        compared.append(real(a, b))
        return compared[-1]

    monkeypatch.setattr("marketplace.plugins.ical.feeds.hmac.compare_digest", compare)
    token = handed_out(in_memory, in_memory.hut()).token
    in_memory.feeds.export(token)
    for wrong in (token[:-1] + "_", "nothing"):
        with pytest.raises(NotFound):
            in_memory.feeds.export(wrong)
    assert compared == [True, False, False]
