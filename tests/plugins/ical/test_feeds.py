"""Following calendars of other places: by whom, how often, with what limits."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace import (
    CLOCK,
    DAY,
    HOUR,
    OPERATOR,
    SECOND,
    Conflict,
    IdempotencyMismatch,
    InvalidInput,
    LimitExceeded,
    NotFound,
    Refused,
    SetupError,
    Span,
)
from marketplace.plugins.ical import ICal
from marketplace.plugins.ical.tables import make_tables
from tests.support.calendar_server import Site
from tests.support.calendars import (
    ALL,
    BERLIN,
    BLOCKED,
    CLOSED,
    EARLY,
    LATE,
    NOON,
    Valley,
    calendar,
    dec,
)


def test_the_clock_follows_and_waits_longer_each_time(in_memory: Valley) -> None:
    """A calendar is fetched each hour; while it fails, after two, four … hours, at most a day; the
    host is told after the third time, once, and again when it is well."""
    hut = in_memory.hut()
    feed = in_memory.follow(hut, ALL)
    asked = in_memory.site.asked
    in_memory.market.advance(3 * HOUR)
    assert len(asked) == 4
    del in_memory.site.pages["/a.ics"]
    moments = []
    for _ in range(100):
        count = len(asked)
        in_memory.market.advance(HOUR)
        moments += [in_memory.clock.now()] * (len(asked) - count)
    waits = [(b - a) // HOUR for a, b in itertools.pairwise(moments)]
    assert waits[:6] == [2, 4, 8, 16, 24, 24]
    found = in_memory.feed(feed.id)
    assert (found.state, found.code, found.since) == ("failing", "not_given", NOON + 4 * HOUR)
    assert found.fetched_at == NOON + 3 * HOUR
    assert len(in_memory.heard("ical.failing")) == 1
    in_memory.site.pages["/a.ics"] = ALL
    in_memory.market.advance(DAY)
    assert in_memory.feed(feed.id).state == "fine"
    assert (len(in_memory.heard("ical.mended")), in_memory.nights(hut)) == (1, BLOCKED)


def test_the_host_hears_in_words(site: Site) -> None:
    """What a host must know comes as a sentence, in the host's language."""
    recorder: list[str] = []

    class Channel:
        def send(self, notification: Any) -> None:
            recorder.append(notification.text)

    valley = Valley("sqlite://", site)
    valley.market.context.channel = Channel()
    hut = valley.hut()
    valley.book(hut, dec(1), dec(5))
    valley.follow(hut, calendar(EARLY, LATE, CLOSED))
    valley.says(calendar())
    valley.market.tick()
    conflict, doubtful = recorder
    assert conflict.startswith("A hut: Airbnb has a guest from 2026-12-01 to 2026-12-05, and so")
    assert "its 3 days stay blocked" in doubtful


def test_a_host_s_own_unblocking_does_not_last(in_memory: Valley) -> None:
    """Who frees an imported block by hand gets it back with the next refresh: as long as the other
    place has a guest, the days are taken."""
    hut = in_memory.hut()
    in_memory.follow(hut, calendar(EARLY, LATE))
    (block, _) = in_memory.claims(hut)
    in_memory.market.listings.unblock(block.id, by=in_memory.host)
    in_memory.market.advance(HOUR)
    assert in_memory.nights(hut) == ["b 12-01 12-05", "b 12-10 12-12"]


def test_a_removed_calendar_gives_back_its_own(valley: Valley) -> None:
    """With a calendar go its blocks and its timer, and nothing else: not the host's blocks, not the
    deals, not those of another calendar."""
    hut = valley.hut()
    feed = valley.follow(hut, ALL)
    span = Span.of_days(dec(20), dec(22), BERLIN)
    valley.market.listings.block_out(hut, span, by=valley.host, resource="nights")
    valley.book(hut, dec(24), dec(26))
    valley.feeds.remove(feed.id, by=valley.host)
    assert valley.nights(hut) == ["b 12-20 12-22", "t 12-24 12-26"]
    assert list(valley.feeds.list(hut, by=valley.host)) == []
    count = len(valley.site.asked)
    valley.market.advance(DAY)
    assert len(valley.site.asked) == count
    with pytest.raises(NotFound):
        valley.feeds.report(feed.id, by=valley.host)


def test_a_withdrawn_listing_is_followed_no_more(in_memory: Valley) -> None:
    """When its listing is withdrawn, a calendar is not fetched any more, and says so."""
    hut = in_memory.hut()
    feed = in_memory.follow(hut, ALL)
    in_memory.market.listings.withdraw(hut, by=in_memory.host)
    count = len(in_memory.site.asked)
    in_memory.market.advance(DAY)
    assert len(in_memory.site.asked) == count
    assert in_memory.feeds.list(hut, by=in_memory.host)[0].id == feed.id
    assert in_memory.feeds.list(hut, by=in_memory.host)[0].state == "stopped"


def test_calendars_are_their_host_s(valley: Valley) -> None:
    """Nobody but the listing's provider and the operator adds, sees, refreshes or removes a
    calendar, or learns that there is one; suspended hosts neither."""
    hut = valley.hut()
    feed = valley.follow(hut, ALL)
    url = valley.site.url()
    stranger = valley.ben
    for attempt in (
        lambda: valley.feeds.add(hut, url, "x", by=stranger),
        lambda: valley.feeds.list(hut, by=stranger),
        lambda: valley.feeds.report(feed.id, by=stranger),
        lambda: valley.feeds.refresh(feed.id, by=stranger),
        lambda: valley.feeds.remove(feed.id, by=stranger),
        lambda: valley.feeds.publish(hut, by=stranger),
        lambda: valley.feeds.report("ical-feed_x", by=valley.host),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert valley.nights(hut) == BLOCKED
    assert [one.id for one in valley.feeds.list(hut, by=OPERATOR)] == [feed.id]
    assert valley.feeds.refresh(feed.id, by=OPERATOR).feed.state == "fine"
    valley.feeds.remove(feed.id, by=OPERATOR)
    assert valley.nights(hut) == []


def test_a_verb_is_done_once_by_its_key(valley: Valley) -> None:
    """Adding, refreshing, publishing and removing under the same key give the same answer and are
    done once; with another body it is a conflict; all of it is audited."""
    hut = valley.hut()
    valley.site.pages["/a.ics"] = ALL
    url = valley.site.url()
    feed = valley.feeds.add(hut, url, "Airbnb", by=valley.host, key="add")
    assert valley.feeds.add(hut, url, "Airbnb", by=valley.host, key="add") == feed
    with pytest.raises(IdempotencyMismatch):
        valley.feeds.add(hut, url, "Vrbo", by=valley.host, key="add")
    valley.market.tick()
    report = valley.feeds.refresh(feed.id, by=valley.host, key="now")
    assert valley.feeds.refresh(feed.id, by=valley.host, key="now") == report
    address = valley.feeds.publish(hut, by=valley.host, key="out")
    assert valley.feeds.publish(hut, by=valley.host, key="out") == address
    for _ in range(2):
        valley.feeds.remove(feed.id, by=valley.host, key="gone")
    with valley.market.batch() as work:
        done = [one.name for one in work.commands.about(feed.id)]
        assert work.commands.broken_chains() == []
    assert done == ["clock.ical.feed.refresh", "ical.take_in", "ical.refresh", "ical.remove"]


def test_what_is_not_followed_is_refused(in_memory: Valley) -> None:
    """A calendar twice, too many, one without a name, a resource that is no calendar: refused with
    what is allowed, nothing half written."""
    hut = in_memory.hut()
    url = in_memory.site.url()
    in_memory.follow(hut, ALL)
    with pytest.raises(Conflict, match="followed already"):
        in_memory.feeds.add(hut, url, "Again", by=in_memory.host)
    for name in ("", " ", "a\nb", "x" * 101, None):
        with pytest.raises(InvalidInput, match="1 to 100 characters"):
            in_memory.feeds.add(hut, f"{url}?1", name, by=in_memory.host)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="there are: none"):
        in_memory.feeds.add(hut, f"{url}?1", "x", by=in_memory.host, resource="seats")
    for number in range(19):
        in_memory.feeds.add(hut, f"{url}?{number}", "x", by=in_memory.host)
    with pytest.raises(LimitExceeded, match="20 calendars at most"):
        in_memory.feeds.add(hut, f"{url}?last", "x", by=in_memory.host)
    assert len(in_memory.feeds.list(hut, by=in_memory.host)) == 20


def test_nobody_is_asked_while_anything_is_open(in_memory: Valley) -> None:
    """Inside a unit of work no calendar is added, refreshed or fetched: it would wait for a
    stranger with the database's locks in its hand."""
    hut = in_memory.hut()
    feed = in_memory.follow(hut, ALL)
    count = len(in_memory.site.asked)
    for attempt in (
        lambda: in_memory.feeds.add(hut, in_memory.site.url("/b"), "x", by=in_memory.host),
        lambda: in_memory.feeds.refresh(feed.id, by=in_memory.host),
        lambda: in_memory.feeds.carry_out(feed.id, feed.turn),
    ):
        with pytest.raises(SetupError, match="no unit of work is open"), in_memory.market.batch():
            attempt()
    assert len(in_memory.site.asked) == count


def test_a_fetch_that_was_overtaken_is_not_written(in_memory: Valley) -> None:
    """Who was fetching while somebody else's refresh was written writes nothing: the older answer
    does not come after the newer."""
    hut = in_memory.hut()
    feed = in_memory.follow(hut, ALL)
    nested: list[Any] = []

    def slow(handler: Any) -> None:
        if not nested:
            nested.append(True)
            in_memory.site.pages["/a.ics"] = ALL
            in_memory.feeds.refresh(feed.id, by=in_memory.host)
        body = calendar(EARLY, LATE)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    in_memory.site.pages["/a.ics"] = slow
    with pytest.raises(Conflict) as caught:
        in_memory.feeds.refresh(feed.id, by=in_memory.host)
    assert caught.value.code == "refreshed_meanwhile"
    assert in_memory.nights(hut) == BLOCKED
    in_memory.feeds.carry_out(feed.id, feed.turn)
    assert in_memory.nights(hut) == BLOCKED


def test_a_worker_that_dies_while_fetching_is_followed_by_another(in_memory: Valley) -> None:
    """The timer is set again before the fetch: when the worker is gone, the next one takes over
    once the lease has run out."""
    hut = in_memory.hut()
    in_memory.site.pages["/a.ics"] = ALL
    feed = in_memory.feeds.add(hut, in_memory.site.url(), "Airbnb", by=in_memory.host)
    in_memory.market.clockwork.tick()  # Leased; the process dies before its errand.
    reborn = in_memory.market.clockwork
    while reborn.next_errand() is not None:
        pass
    assert (in_memory.nights(hut), in_memory.site.asked) == ([], [])
    in_memory.market.advance(in_memory.plugin.lease)
    assert (in_memory.nights(hut), in_memory.feed(feed.id).state) == (BLOCKED, "fine")


def test_a_calendar_that_breaks_the_reading_comes_again_later(
    in_memory: Valley, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a stranger's calendar breaks, its feed is failing and waits like any other; nothing
    is freed."""
    hut = in_memory.hut()
    feed = in_memory.follow(hut, ALL)

    def breaks(*args: object, **given: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("marketplace.plugins.ical.refreshing.read_calendar", breaks)
    report = in_memory.feeds.refresh(feed.id, by=in_memory.host)
    assert (report.feed.state, report.feed.code, report.feed.tries) == ("failing", "unreadable", 1)
    assert in_memory.nights(hut) == BLOCKED


@pytest.mark.parametrize("domain", ["", "host", "a@b.example", "ü.example"])
def test_events_are_named_in_a_domain(domain: str) -> None:
    """Without a domain of the operator's own, our events could not be told from others'."""
    with pytest.raises(SetupError, match="a name of your own"):
        ICal(domain=domain)


def test_a_lease_outlives_a_fetch() -> None:
    """A lease that ends before the fetch can would have a second worker fetch the same, each time;
    and every no time is no plan."""
    for wrong in ({"lease": 10 * SECOND}, {"every": timedelta()}):
        with pytest.raises(SetupError, match="leased for more than"):
            ICal(domain="valley.example", **wrong)


def test_feeds_belong_to_a_marketplace_with_the_plugin(in_memory: Valley) -> None:
    """The verbs of one plugin object do not work on a marketplace that was opened with another."""
    with pytest.raises(SetupError, match="not opened with this plugin"):
        ICal(domain="other.example").feeds(in_memory.market)


def test_the_clock_acts_as_itself(in_memory: Valley) -> None:
    """What a calendar brings by the clock is the clock's doing in the audit, not the host's."""
    hut = in_memory.hut()
    in_memory.follow(hut, ALL)
    events = list(in_memory.market.events.about(hut, by=OPERATOR))
    assert {one.actor for one in events if one.kind == "listing.blocked"} == {str(CLOCK)}


def test_our_own_calendar_is_not_followed(in_memory: Valley) -> None:
    """An address that this marketplace hands out, or once handed out, is refused, however it is
    written; with what is wrong, the refusal stands in the audit under who asked."""
    hut, other = in_memory.hut(), in_memory.hut()
    before = in_memory.feeds.publish(other, by=in_memory.host)
    after = in_memory.feeds.rotate(before.id, by=in_memory.host)
    escaped = after.token.replace("-", "%2D")
    for path in (f"/{before.token}.ics", f"/feeds/{after.token}", f"/a.ics?t={escaped}"):
        with pytest.raises(Refused) as caught:
            in_memory.feeds.add(hut, in_memory.site.url(path), "x", by=in_memory.host)
        assert caught.value.code == "own_calendar"
    with pytest.raises(InvalidInput):
        in_memory.feeds.add(hut, "file:///etc/passwd", "x", by=in_memory.host)
    with in_memory.market.batch() as work:
        refused = [one for one in work.commands.about(hut) if one.outcome == "refused"]
    assert [(one.name, one.actor) for one in refused] == [("ical.add", in_memory.host)] * 4
    assert list(in_memory.feeds.list(hut, by=in_memory.host)) == []


@pytest.mark.invariant(55)
def test_a_host_who_is_erased_leaves_no_calendar(valley: Valley) -> None:
    """Calendars that a host followed, what they said, and the addresses of his own are gone with
    him, and nothing is fetched any more; another host's stay."""
    market, other = valley.market, valley.market.parties.join("Other").id
    mine, theirs = valley.hut(), valley.hut(by=other)
    valley.follow(mine, ALL)
    valley.feeds.publish(mine, by=valley.host)
    valley.site.pages["/b.ics"] = ALL
    kept = valley.feeds.add(theirs, valley.site.url("/b.ics"), "Airbnb", by=other)
    market.tick()
    market.parties.erase(valley.host, by=OPERATOR)
    with market.batch() as work:
        tables = make_tables(work.names)
        left = {
            name: work.connection.execute(sa.select(table)).all()
            for name, table in (
                ("feed", tables.feed), ("said", tables.said), ("address", tables.address)
            )
        }  # fmt: skip
    assert [row.id for row in left["feed"]] == [kept.id]
    assert {row.feed_id for row in left["said"]} == {kept.id}
    assert left["address"] == []
    asked = len(valley.site.asked)
    market.advance(HOUR)
    assert [path for _, path in valley.site.asked[asked:]] == ["/b.ics"]
