"""Calendars that a stranger has us fetch: inwards, for ever, or full of what would break us."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from attrs import evolve

from marketplace import InvalidInput, Refused
from marketplace.plugins.ical import Fetcher, ReadingLimits
from tests.support.calendar_server import dripping, moved_to, serving
from tests.support.calendars import Valley, calendar, loopback, stay

GOOD = calendar(stay("good", "20261201", "20261205"))
BLOCKED = ["b 12-01 12-05"]


@pytest.fixture
def valley(database_url: str) -> Iterator[Valley]:
    """Yield a valley whose plugin trusts nobody, as it comes, once on each kind of database."""
    with serving() as site:
        fetcher = Fetcher(ports={80, 443, site.port}, seconds=2)
        made = Valley(database_url, site, fetcher=fetcher)
        yield made
        made.market.close()


@pytest.fixture
def followed() -> Iterator[tuple[Valley, str, str]]:
    """Yield a valley that follows a good calendar, with the hut's and the feed's id."""
    with serving() as site:
        limits = ReadingLimits(events=1_000, seconds=2)
        fetcher = loopback(site, seconds=2, most_bytes=1_000_000)
        made = Valley("sqlite://", site, fetcher=fetcher, reading=limits)
        hut = made.hut()
        feed = made.follow(hut, GOOD)
        assert made.nights(hut) == BLOCKED
        yield made, hut, feed.id
        made.market.close()


@pytest.mark.attack(70)
def test_loopback_by_another_name(valley: Valley) -> None:
    """Every way of writing 127.0.0.1 is refused as an untrusted address, and our own server at that
    address, which would have answered, is never asked; the control, which trusts everybody, is
    answered by it."""
    hut = valley.hut()
    valley.site.pages["/"] = GOOD
    hosts = ["127.1", "0x7f000001", "2130706433", "0177.0.0.1", "ⓛocalhost", "127。0。0。1"]
    for host in [*hosts, "localhost", "0", "[::1]", "[::ffff:7f00:1]"]:
        with pytest.raises(Refused) as caught:
            valley.feeds.add(hut, valley.site.url("/", host=host), "x", by=valley.host)
        assert caught.value.code == "untrusted_address"
    valley.market.tick()
    assert (valley.site.asked, list(valley.feeds.list(hut, by=valley.host))) == ([], [])
    trusting = evolve(valley.plugin.fetcher, allows=lambda one: True)
    assert [trusting.fetch(valley.site.url("/", host=host)) for host in hosts] == [GOOD] * 6


@pytest.mark.attack(71)
@pytest.mark.parametrize(
    "host",
    [
        "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "100.64.0.1",
        "169.254.169.254", "[2001:0:7f00:1::1]", "[fd00:ec2::254]", "10.0.0.1", "192.168.0.1",
        "[fe80::1]", "224.0.0.1", "255.255.255.255",
    ],
)  # fmt: skip
def test_an_inner_address_in_a_wrapping(host: str) -> None:
    """Private, shared, link-local and multicast addresses are refused after unwrapping mapped,
    translated, 6to4 and Teredo forms, also where Python calls the wrapping global."""
    with serving() as site:
        valley = Valley("sqlite://", site, fetcher=Fetcher())
        hut = valley.hut()
        for scheme in ("http", "https"):
            with pytest.raises(Refused) as caught:
                valley.feeds.add(hut, f"{scheme}://{host}/a.ics", "x", by=valley.host)
            assert caught.value.code == "untrusted_address"
            assert list(valley.feeds.list(hut, by=valley.host)) == []


@pytest.mark.attack(72)
def test_a_host_that_turns_inwards_later(valley: Valley) -> None:
    """A host that is public when its calendar is added, and then redirects inwards or has its name
    lead inwards: nothing inside is asked, nothing that was blocked is freed, the feed says why."""
    answers = {"calendar.test": ["127.0.0.1"]}
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers.get(host, ["127.0.0.2"])

    with serving("127.0.0.2") as inside:
        inside.pages["/a.ics"] = calendar()
        fetcher = evolve(
            valley.plugin.fetcher,
            ports={valley.site.port, inside.port},
            resolve=resolve,
            allows=lambda one: str(one) == "127.0.0.1",
        )
        turned = Valley("sqlite://", valley.site, fetcher=fetcher)
        hut = turned.hut()
        feed = turned.follow(hut, GOOD)
        assert asked == ["calendar.test"] * 2, "once to add it, once to fetch it"
        for host in ("127.0.0.2", "inside.test"):
            turned.site.pages["/a.ics"] = moved_to(f"http://{host}:{inside.port}/a.ics")
            report = turned.feeds.refresh(feed.id, by=turned.host)
            assert (report.feed.state, report.feed.code) == ("failing", "untrusted_address")
        answers["calendar.test"] = ["127.0.0.2"]
        assert turned.feeds.refresh(feed.id, by=turned.host).feed.code == "untrusted_address"
        assert (inside.asked, turned.nights(hut)) == ([], BLOCKED)


@pytest.mark.attack(73)
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "gopher://calendar.test/", "http://calendar.test:22/a.ics",
        "https://calendar.test:6379/", "http://user:pass@calendar.test/a.ics",
        "https://user@calendar.test/a.ics", "javascript:alert(1)", "data:text/calendar,BEGIN",
        "ldap://calendar.test/", "webcal://calendar.test/a.ics",
    ],
)  # fmt: skip
def test_another_scheme_port_or_a_password(url: str) -> None:
    """Only http and https on their own ports, without a name or password; anything else is invalid,
    nobody is asked for an address, and nothing is written."""

    def resolve(host: str, port: int) -> list[str]:
        raise AssertionError("nobody may be asked")

    with serving() as site:
        valley = Valley("sqlite://", site, fetcher=Fetcher(resolve=resolve))
        hut = valley.hut()
        with pytest.raises(InvalidInput) as caught:
            valley.feeds.add(hut, url, "x", by=valley.host)
        assert caught.value.code == "untrusted_url"
        assert list(valley.feeds.list(hut, by=valley.host)) == []


def _daily(number: int) -> str:
    return f"UID:{number}\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;UNTIL=99991231T000000Z"


NEVER = "DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"
BOMBS = {
    "an endless stream": (dripping(b"BEGIN:VEVENT\r\n" * 4_000, 0), "too_large"),
    "a gigabyte": (b"BEGIN:VCALENDAR\r\n" + b"x" * 1_100_000, "too_large"),
    "drops": (dripping(b"x", 0.05), "too_slow"),
    "a million events": (b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * 30_000,
                         "too_many_events"),
    "until the year 9999": (calendar(_daily(1), _daily(2), _daily(3)), "too_many_events"),
    "nested zones": (b"BEGIN:VCALENDAR\n" + b"BEGIN:VTIMEZONE\n" * 10_000, "too_deep"),
    "rules that never come": (calendar(*[f"UID:{n}\n{NEVER}" for n in range(500)]), "too_slow"),
}  # fmt: skip


@pytest.mark.attack(74)
@pytest.mark.parametrize("name", BOMBS)
def test_a_calendar_made_to_break_us(followed: tuple[Valley, str, str], name: str) -> None:
    """Bytes, seconds, events, levels and the horizon are limited: the fetch ends soon, the feed
    says which limit it was, and what was blocked stays blocked."""
    valley, hut, feed = followed
    valley.site.pages["/a.ics"], code = BOMBS[name]
    began = time.monotonic()
    report = valley.feeds.refresh(feed, by=valley.host)
    assert time.monotonic() - began < 10
    assert (report.feed.state, report.feed.code) == ("failing", code)
    assert valley.nights(hut) == BLOCKED


@pytest.mark.attack(74)
def test_one_that_never_ends_ends_at_the_horizon(followed: tuple[Valley, str, str]) -> None:
    """An event each day until the year 9999 blocks two years and not one day more."""
    valley, hut, feed = followed
    valley.site.pages["/a.ics"] = calendar(_daily(1))
    assert valley.feeds.refresh(feed, by=valley.host).feed.state == "fine"
    claims = valley.claims(hut)
    last = max(one.end for one in claims if one.end)
    assert last == valley.plugin.horizon + valley.clock.now().replace(hour=0)
    assert 700 < len(claims) <= 730
