"""Nights of a home: who may have which, through everything that a host may say of them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve

from marketplace import (
    DAY,
    HOUR,
    Conflict,
    InvalidInput,
    NotFound,
    Pay,
    Refused,
    SoldOut,
    Span,
    render,
)
from marketplace.plugins.stays import Stays
from tests.support.inn import CARD, EASTER, Inn, open_inn


def over(inn: Inn, stays: Stays) -> Inn:
    """The same people in the same marketplace, over another trade of it."""
    return evolve(inn, stays=stays)


@pytest.mark.behaviour("S1", "C4")
@pytest.mark.invariant(29)
def test_one_guest_leaves_in_the_morning_another_comes_in_the_afternoon(inn: Inn) -> None:
    """Stays are nights: who leaves at eleven makes room for who comes at three, over the night in
    which the clocks change too; one night more is refused with its date."""
    home = inn.home()
    first = inn.book(home, date(2026, 3, 6), date(2026, 3, 8))
    second = inn.book(home, date(2026, 3, 8), 1, by=inn.ben)
    assert second.moments["start"] - first.moments["end"] == 4 * HOUR
    night = second.moments["end"] - second.moments["start"]
    assert night == 20 * HOUR
    before = inn.book(home, date(2026, 3, 5), 1, by=inn.ben)
    assert first.moments["start"] - before.moments["end"] == 4 * HOUR
    told = inn.why_not(home, date(2026, 3, 7), date(2026, 3, 10), by=inn.ben)
    assert told == {"stay_dates_taken": {"dates": ["2026-03-07", "2026-03-08"], "count": 2}}
    assert inn.free(home, date(2026, 3, 4), 6) == "1....1"


@pytest.mark.behaviour("S1")
def test_nights_are_those_of_the_homes_own_zone(inn: Inn) -> None:
    """The same dates on two sides of the world are other instants, and as many nights."""
    apia, york = inn.home(zone="Pacific/Apia"), inn.home()
    spans = [inn.stays.span(home, EASTER, EASTER + 2 * DAY) for home in (apia, york)]
    assert spans[1].start - spans[0].start == 17 * HOUR
    for home in (apia, york):
        inn.book(home, EASTER, 2)
        assert inn.free(home, EASTER - DAY, 4) == "1..1"
    with pytest.raises(InvalidInput, match="one night or more"):
        inn.stays.span(york, EASTER, EASTER)


@pytest.mark.behaviour("S2", "C4")
def test_rooms_of_a_kind_are_counted(inn: Inn) -> None:
    """Of three rooms of a kind so many are free each night as nobody has; the last is sold once."""
    inns = inn.home(units=3)
    inn.book(inns, EASTER, 3, units=2)
    inn.market.listings.block_out(
        inns.id,
        Span.of_days(EASTER + DAY, EASTER + 2 * DAY, "America/New_York"),
        by=inn.host,
        resource="nights",
        label="painters",
    )
    assert inn.free(inns, EASTER, 4) == "1.13"
    assert inn.why_not(inns, EASTER, 1, units=2) == {
        "stay_dates_taken": {"dates": ["2026-04-03"], "count": 1}
    }
    early, late = (inn.price(inns, EASTER + 2 * DAY, 1, by=one) for one in (inn.gita, inn.ben))
    inn.market.transactions.open(early.id, by=inn.gita, pay=CARD)
    with pytest.raises(SoldOut):
        inn.market.transactions.open(late.id, by=inn.ben, pay=CARD)


@pytest.mark.behaviour("S2")
def test_a_host_lowers_his_rooms_to_what_is_taken_and_no_further(inn: Inn) -> None:
    """Of five rooms two are booked for the week, two blocked within it, and one was once asked for
    and lapsed: three are refused, with how many are taken and when; four are had, then two once the
    block is gone. Nothing of the listing is changed by what is refused."""
    rooms = inn.home(units=5, before=1)
    inn.book(rooms, EASTER, 5)
    inn.book(rooms, EASTER + DAY, 5, by=inn.ben)
    block = inn.market.listings.block_out(
        rooms.id,
        Span.of_days(EASTER + 3 * DAY, EASTER + 4 * DAY, "America/New_York"),
        by=inn.host,
        resource="nights",
        quantity=2,
    )
    asked = inn.price(rooms, EASTER, 5, by=inn.gita)
    inn.market.transactions.open(asked.id, by=inn.gita, pay=Pay("card", means="tok_declined"))
    inn.market.advance(HOUR)
    for wanted in (3, 1):
        with pytest.raises(Conflict) as told:
            inn.change(rooms, units=wanted, description="smaller")
        assert str(told.value) == (
            f"4 of nights are taken from 2026-04-06 to 2026-04-07; may: 4 or more, not {wanted}"
        )
        assert told.value.code == "in_use"
    assert inn.market.listings.get(rooms.id, by=inn.host) == rooms
    smaller = inn.change(rooms, units=4)
    assert inn.free(rooms, EASTER + 2 * DAY, 3) == "2.."
    inn.market.listings.unblock(block.id, by=inn.host)
    with pytest.raises(Conflict, match="2 of nights are taken from 2026-04-03 to 2026-04-08"):
        inn.change(smaller, units=1)
    assert inn.change(smaller, units=2).attributes["units"] == 2
    assert inn.free(rooms, EASTER, 4) == "...."


@pytest.mark.behaviour("S2")
@pytest.mark.invariant(30)
def test_what_the_host_blocks_is_never_booked(inn: Inn) -> None:
    """A blocked night is refused when it is asked for, when it is priced and when it is paid; a
    booked one is never blocked; the block's end is the guest's beginning."""
    home = inn.home()
    nights = Span.of_days(EASTER, EASTER + 2 * DAY, "America/New_York")
    quote = inn.price(home, EASTER + DAY, 2)
    asked = inn.ask(home, EASTER, 2, by=inn.ben)
    block = inn.market.listings.block_out(home.id, nights, by=inn.host, resource="nights")
    assert set(inn.why_not(home, EASTER + DAY, 1)) == {"stay_dates_taken"}
    with pytest.raises(Refused, match="stay_dates_taken"):
        inn.market.quotes.make(asked.id, by=inn.ben)
    with pytest.raises(SoldOut):
        inn.market.transactions.open(quote.id, by=inn.gita, pay=CARD)
    after = inn.book(home, EASTER + 2 * DAY, 1)
    assert after.state == "booked"
    with pytest.raises(SoldOut):
        inn.market.listings.block_out(
            home.id,
            Span.of_days(EASTER + 2 * DAY, EASTER + 3 * DAY, "America/New_York"),
            by=inn.host,
            resource="nights",
        )
    inn.market.listings.unblock(block.id, by=inn.host)
    assert inn.free(home, EASTER, 4) == "11.1"


@pytest.mark.behaviour("S2", "S4")
def test_a_night_to_clean_up_is_blocked_and_not_sold(inn: Inn) -> None:
    """The guest is told the nights slept; the calendar blocks those to prepare as well, and the
    host's own nights need none."""
    home = inn.home(after=1)
    stay = inn.book(home, EASTER, 2)
    (line,) = [one for one in inn.price(inn.home(), EASTER, 2).lines if one.code == "nights"]
    assert line.inputs["steps"] == 2
    assert inn.free(home, EASTER - 2 * DAY, 6) == "1....1"
    assert set(inn.why_not(home, EASTER - DAY, 1)) == {"stay_no_time_to_prepare"}
    taken = inn.market.listings.taken(home.id, by=inn.host, resource="nights")
    assert [(one.cause_id, one.end) for one in taken] == [
        (stay.id, datetime(2026, 4, 6, tzinfo=UTC))
    ]
    later = inn.book(home, EASTER + 3 * DAY, 1)
    assert later.state == "booked"


@pytest.mark.behaviour("S3", "C7")
def test_how_long_and_on_which_days(inn: Inn) -> None:
    """The most specific rule says how long a stay is and on which weekdays it begins; a refusal
    names the rule's number, what was asked, and makes a sentence in both languages."""
    home = inn.home(
        plan={
            "least": 2,
            "rules": [
                {"weekdays": ["fri"], "least": 3},
                {"from": "2026-07-01", "to": "2026-08-31", "least": 7, "arrive": ["sat"]},
                {"from": "2026-07-11", "least": 4},
            ],
        }
    )
    assert set(inn.why_not(home, date(2026, 6, 9), 1)) == {"stay_too_short_arriving"}
    assert inn.why_not(home, date(2026, 6, 9), 2) == {}
    assert inn.why_not(home, date(2026, 6, 12), 2)["stay_too_short_arriving"]["limit"] == 3
    assert inn.why_not(home, date(2026, 7, 4), 6)["stay_too_short_arriving"]["limit"] == 7
    assert inn.why_not(home, date(2026, 7, 11), 4) == {}
    assert inn.why_not(home, date(2026, 7, 12), 7) == {
        "stay_no_arrival": {"date": "2026-07-12", "weekdays": "sat"}
    }
    with pytest.raises(Refused) as refused:
        inn.ask(home, date(2026, 7, 12), 7)
    (reason,) = refused.value.reasons
    words = inn.market.context.words
    assert render(reason, words) == "nobody arrives on 2026-07-12; arrivals are on sat"
    assert render(reason, words, "ne") == "2026-07-12 मा आगमन हुँदैन; आगमनका बार: sat"


@pytest.mark.behaviour("S4")
def test_neither_too_soon_nor_too_far_ahead(inn: Inn) -> None:
    """Notice is counted in hours to the local check-in, the window in dates from the local today;
    the calendar shows both."""
    home = inn.home(plan={"notice_hours": 48, "window_days": 5})
    today = date(2026, 1, 1)
    assert inn.free(home, today, 7) == "..111.."
    codes = [
        [reason.code for reason in night.reasons] for night in inn.calendar(home, today - DAY, 7)
    ]
    assert [one[0] for one in codes if one] == [
        "stay_in_the_past", "stay_too_soon", "stay_too_soon", "stay_too_far_ahead",
    ]  # fmt: skip
    assert inn.why_not(home, today + 2 * DAY, 3) == {}
    assert set(inn.why_not(home, today + 2 * DAY, 4)) == {"stay_too_far_ahead"}
    inn.market.advance(3 * DAY)
    assert set(inn.why_not(home, today + 4 * DAY, 1)) == {"stay_too_soon"}


@pytest.mark.behaviour("C7")
def test_a_guest_sees_no_more_than_it_may(inn: Inn) -> None:
    """The host reads what each night is taken for; a guest reads that it is; a listing that is not
    held out is not there for others."""
    home = inn.home()
    inn.book(home, EASTER, 1)
    inn.market.listings.block_out(
        home.id,
        Span.of_days(EASTER + DAY, EASTER + 2 * DAY, "America/New_York"),
        by=inn.host,
        resource="nights",
        label="my sister",
    )

    def seen(by: object) -> list[list[str]]:
        shown = inn.stays.calendar(
            inn.market,
            home.id,
            by=by,  # type: ignore[arg-type]
            start=EASTER,
            days=3,
        )
        return [[reason.code for reason in night.reasons] for night in shown]

    assert seen(inn.host) == seen(inn.host.id) == [["stay_booked"], ["stay_blocked"], []]
    assert seen(inn.ben) == [["stay_taken"], ["stay_taken"], []]
    assert "my sister" not in repr(inn.calendar(home, EASTER, 3))
    inn.market.listings.pause(home.id, by=inn.host)
    with pytest.raises(NotFound):
        inn.calendar(home, EASTER, 3)
    assert seen(inn.host)[2] == []


def test_a_request_to_anybody_is_held_to_the_rules_of_the_home_it_is_priced_in(inn: Inn) -> None:
    """A request that names no home passes; pricing it in one that cannot be had does not."""
    home = inn.home(guests=2)
    asked = inn.ask(home, EASTER, 2, anywhere=True, guests={"adults": 3})
    with pytest.raises(Refused) as refused:
        inn.market.quotes.make(asked.id, by=inn.gita, listing=home.id)
    assert [reason.code for reason in refused.value.reasons] == ["stay_too_many_guests"]
    larger = inn.home(guests=3)
    assert inn.market.quotes.make(asked.id, by=inn.gita, listing=larger.id).payin.amount


def test_a_match_is_refused_for_the_same_reasons_as_a_request(inn: Inn) -> None:
    """Whoever looks for a home gets those that can be had, and why the others cannot."""
    homes = [inn.home(), inn.home(guests=1), inn.home(plan={"least": 5}), inn.home()]
    others = [inn.home(check_in="17:00"), inn.home(zone="Europe/Berlin", check_out="09:00")]
    inn.book(homes[3], EASTER, 1, by=inn.ben)
    asked = inn.ask(homes[0], EASTER, 2, anywhere=True, guests={"adults": 2})
    matches = inn.market.matching.find(asked.id, by=inn.gita)
    told = {
        one.listing_id: [reason.code for reason in one.reasons]
        for one in matches
        if not one.eligible
    }
    assert told == {
        homes[1].id: ["stay_too_many_guests"],
        homes[2].id: ["stay_too_short_arriving"],
        homes[3].id: ["stay_dates_taken"],
    }
    assert {one.listing_id for one in matches if one.eligible} == {
        home.id for home in (homes[0], *others)
    }
    with pytest.raises(Refused, match="stay_other_times"):
        inn.market.quotes.make(asked.id, by=inn.gita, listing=others[0].id)


def test_what_is_no_stay_in_one_zone_may_be_one_in_another(inn: Inn) -> None:
    """Six hours over midnight in Berlin are a night there and an afternoon in New York: the one
    home is a match, the other says why it is none, and neither spoils the other."""
    here, there = inn.home(), inn.home(zone="Europe/Berlin")
    start = datetime(2026, 4, 3, 19, tzinfo=UTC)
    request = inn.market.requests.open(
        "stays", by=inn.gita, currency="USD", start=start, end=start + 6 * HOUR
    )
    told = {
        one.listing_id: [reason.code for reason in one.reasons]
        for one in inn.market.matching.find(request.id, by=inn.gita)
    }
    assert told == {here.id: ["stay_no_night"], there.id: ["metres_away"]}


@pytest.mark.behaviour("S1", "C4")
def test_a_tutor_is_the_same_plugin_by_the_hour(tutor: Inn) -> None:
    """One person's time, in hours of the local clock between nine and five, without weekends."""
    lessons = tutor.home(
        zone="Asia/Kathmandu",
        guests=1,
        plan={
            "hours": ["09:00", "17:00"],
            "most": 3,
            "notice_hours": 2,
            "rules": [{"weekdays": ["sat"], "open": False}],
        },
        rates={"nightly": 4_000},
    )
    monday = datetime(2026, 4, 6, 3, 15, tzinfo=UTC)
    booked = tutor.book(lessons, monday, monday + 2 * HOUR)
    assert booked.state == "booked"
    assert tutor.book(lessons, monday + 2 * HOUR, monday + 3 * HOUR, by=tutor.ben).state == "booked"
    assert set(tutor.why_not(lessons, monday + HOUR, monday + 3 * HOUR)) == {"stay_dates_taken"}
    assert set(tutor.why_not(lessons, monday - HOUR, monday)) == {"stay_closed"}
    assert set(tutor.why_not(lessons, monday + 4 * HOUR, monday + 8 * HOUR)) == {
        "stay_too_long_arriving"
    }
    with pytest.raises(InvalidInput, match=r"a multiple of 1:00:00 by the clock in Asia/Kathmandu"):
        tutor.ask(lessons, monday + HOUR / 4, monday + HOUR)
    assert tutor.free(lessons, date(2026, 4, 6), 1) == "." * 9 + "...11111" + "." * 7
    assert tutor.free(lessons, date(2026, 4, 11), 1) == "." * 24
    assert tutor.price(lessons, monday + 5 * HOUR, monday + 7 * HOUR).payin.amount == 8_000


@pytest.mark.behaviour("S2", "C4")
def test_courts_by_the_half_hour_are_the_same_plugin(club: Inn) -> None:
    """A club of two courts sells each half hour twice, and not three times."""
    courts = club.home(zone="Europe/Berlin", units=2, rates={"nightly": 900})
    start = datetime(2026, 4, 6, 8, tzinfo=UTC)
    half = timedelta(minutes=30)
    club.book(courts, start, start + 3 * half)
    club.book(courts, start + half, start + 2 * half, by=club.ben)
    assert set(club.why_not(courts, start, start + 2 * half)) == {"stay_dates_taken"}
    assert club.book(courts, start + 2 * half, start + 4 * half, by=club.ben).state == "booked"
    assert club.free(courts, date(2026, 4, 6), 1)[20:26] == "1..122"
    with pytest.raises(Refused, match="stay_zone_off_the_grid"):
        club.home(zone="Asia/Kathmandu")


@pytest.mark.behaviour("C16")
def test_a_home_may_be_free_of_charge(small_inn: Inn) -> None:
    """A night at nothing is a price: it is booked without a payment and settles with nothing."""
    friends = small_inn.home(rates={"nightly": 0})
    quote = small_inn.price(friends, EASTER, 2)
    assert quote.lines == ()
    stay = small_inn.market.transactions.open(quote.id, by=small_inn.gita)
    assert stay.state == "booked"
    small_inn.market.advance(120 * DAY)
    assert small_inn.market.transactions.get(stay.id, by=small_inn.host).state == "completed"


def test_a_tutor_and_a_home_live_in_one_marketplace() -> None:
    """Two plugins of the kind have a name each, and neither answers for the other's listings."""
    lessons = Stays(name="lessons", grain=HOUR, kind="single")
    inn = open_inn("sqlite://", lessons)
    home = inn.home()
    maths = over(inn, lessons).home(zone="UTC", rates={"nightly": 4_000})
    assert inn.price(home, EASTER, 1).payin.amount == 10_000
    noon = datetime(2026, 4, 3, 12, tzinfo=UTC)
    assert over(inn, lessons).price(maths, noon, noon + HOUR).payin.amount == 4_000
    with pytest.raises(InvalidInput, match="is one of lessons"):
        inn.stays.home(maths)
    inn.market.close()
