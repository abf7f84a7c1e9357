"""The desk: coupons are issued, presented, shown and withdrawn like anything else here."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from marketplace import (
    CLOCK,
    DAY,
    HOUR,
    OPERATOR,
    Conflict,
    Forbidden,
    IdempotencyMismatch,
    InvalidInput,
    LimitExceeded,
    Limits,
    ManualClock,
    Marketplace,
    Money,
    NotFound,
    Outcome,
    Request,
    SetupError,
)
from marketplace.plugins.coupons import CouponDesk, Coupons
from marketplace.plugins.wallet import Wallet
from tests.support.lessons import MONDAY, Lessons, School, open_school

TEN = Money(1_000, "EUR")


@pytest.fixture
def school(database_url: str) -> Iterator[School]:
    """A school that gives coupons, on each database."""
    Marketplace.migrate(database_url, [Coupons()])
    opened = open_school(database_url, Coupons())
    yield opened
    opened.market.close()


@pytest.fixture
def small_school() -> Iterator[School]:
    """The same in memory."""
    opened = open_school("sqlite://", Coupons())
    yield opened
    opened.market.close()


def desk_of(school: School) -> CouponDesk:
    """The school's desk."""
    return CouponDesk(school.market)


def ask(school: School, days: int = 3) -> Request:
    """Ana asks for an hour."""
    start = MONDAY + days * DAY
    return school.market.requests.open(
        "lessons",
        by=school.ana,
        currency="EUR",
        listing=school.listing.id,
        start=start,
        end=start + HOUR,
    )


@pytest.mark.behaviour("C5")
@pytest.mark.invariant(42)
def test_every_verb_is_done_once_by_its_key(school: School) -> None:
    """Issuing, presenting and withdrawing under a key give the same answer twice, write once, and
    are a conflict with another body; each leaves one record with who did it."""
    desk, request = desk_of(school), ask(school)
    issued = [desk.issue("WINTER", by=OPERATOR, bp=500, key="k") for _ in range(2)]
    assert issued[0] == issued[1]
    with pytest.raises(IdempotencyMismatch):
        desk.issue("WINTER", by=OPERATOR, bp=600, key="k")
    (coupon,) = desk.list(by=OPERATOR).items
    assert coupon == issued[0]
    shown = [desk.present(request.id, ["winter"], by=school.ana, key="k") for _ in range(2)]
    assert shown[0] == shown[1]
    with pytest.raises(IdempotencyMismatch):
        desk.present(request.id, [], by=school.ana, key="k")
    ended = [desk.withdraw(coupon.id, by=OPERATOR, key="w") for _ in range(2)]
    assert ended[0] == ended[1]
    with school.market.batch() as work:
        about = [(one.name, one.outcome) for one in work.commands.about(coupon.id)]
        assert about == [("coupons.issue", "done"), ("coupons.withdraw", "done")]
        assert ("coupons.present", "done") in [
            (one.name, one.outcome) for one in work.commands.about(request.id)
        ]
        assert work.commands.broken_chains() == []


def test_a_coupon_comes_back_as_it_was_issued(school: School) -> None:
    """Every condition is kept, on each database: what is read is what was promised."""
    made = desk_of(school).issue(
        "all-of-it",
        by=OPERATOR,
        bp=1_500,
        at_most=TEN,
        minimum=Money(2_000, "EUR"),
        starts_at=MONDAY + HOUR,
        ends_at=MONDAY + DAY,
        uses=100,
        uses_each=2,
        verticals=["lessons"],
        listings=[school.listing.id],
        first_deal=True,
        stackable=True,
        not_on=["renewal"],
    )
    assert (made.code, made.payer, made.not_on) == ("ALL-OF-IT", "operator", ("renewal",))
    assert desk_of(school).get(made.id, by=OPERATOR) == made


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"bp": 100, "amount": TEN},
        {"bp": 0},
        {"bp": 10_001},
        {"bp": 12.5},
        {"bp": True},
        {"amount": 1_000},
        {"amount": Money(0, "EUR")},
        {"amount": TEN, "at_most": TEN},
        {"amount": TEN, "minimum": Money(5, "NPR")},
        {"bp": 100, "minimum": 50},
        {"bp": 100, "uses": 0},
        {"bp": 100, "uses_each": -1},
        {"bp": 100, "uses": 2.0},
        {"bp": 100, "first_deal": "yes"},
        {"bp": 100, "ends_at": MONDAY - HOUR},
        {"bp": 100, "starts_at": MONDAY + DAY, "ends_at": MONDAY + DAY},
        {"bp": 100, "ends_at": datetime(2027, 1, 1)},  # noqa: DTZ001
        {"bp": 100, "not_on": [""]},
    ],
)
def test_a_coupon_that_makes_no_sense_is_refused(small_school: School, wrong: Any) -> None:
    """Neither share nor amount or both, a share above the whole, floats and bools, another
    currency, an end before the beginning: each is refused, and nothing is kept."""
    desk = desk_of(small_school)
    with pytest.raises(InvalidInput):
        desk.issue("ODD", by=OPERATOR, **wrong)
    assert len(desk.list(by=OPERATOR)) == 0


def test_codes_that_read_alike_are_one(small_school: School) -> None:
    """Who has a coupon SOLO-10 gets no S0L01O beside it, also not after it was withdrawn; another
    owner's is another coupon, so nobody learns of it or takes it away."""
    desk = desk_of(small_school)
    first = desk.issue("SOLO-10", by=OPERATOR, bp=1_000)
    with pytest.raises(Conflict, match="reads like S0L01O"):
        desk.issue("s0l01o", by=OPERATOR, bp=2_000)
    desk.withdraw(first.id, by=OPERATOR)
    with pytest.raises(Conflict):
        desk.issue("SOLO-10", by=OPERATOR, bp=2_000)
    assert desk.issue("SOLO-10", by=small_school.tutor, bp=2_000).payer == "provider"


def test_a_code_is_drawn_where_none_is_named(small_school: School) -> None:
    """Without a code each coupon gets one of its own, by the marketplace's own chance."""
    desk = desk_of(small_school)
    made = {desk.issue(by=OPERATOR, bp=1_000).code for _ in range(20)}
    assert len(made) == 20


def test_who_pays_for_a_coupon_has_it_in_hand(small_school: School) -> None:
    """A provider issues for its own listings, sees and withdraws its own; anybody else's is not
    there for it. The operator sees all and may withdraw any; the clock issues nothing."""
    school, desk = small_school, desk_of(small_school)
    ours = desk.issue("OURS", by=OPERATOR, bp=100)
    toms = desk.issue("TOMS", by=school.tutor, bp=100, listings=[school.listing.id])
    assert (toms.payer, toms.provider_id) == ("provider", school.tutor.id)
    with pytest.raises(NotFound, match="no listing"):
        desk.issue("MINE", by=school.ana, bp=100, listings=[school.listing.id])
    with pytest.raises(NotFound, match="no vertical"):
        desk.issue("MINE", by=OPERATOR, bp=100, verticals=["yachts"])
    with pytest.raises(Forbidden):
        desk.issue("TICK", by=CLOCK, bp=100)
    assert [one.code for one in desk.list(by=school.tutor)] == ["TOMS"]
    assert [one.code for one in desk.list(by=school.ana, provider=school.tutor.id)] == []
    assert {one.code for one in desk.list(by=OPERATOR)} == {"OURS", "TOMS"}
    assert [one.code for one in desk.list(by=OPERATOR, provider=school.tutor.id)] == ["TOMS"]
    for coupon in (ours, toms):
        with pytest.raises(NotFound):
            desk.withdraw(coupon.id, by=school.ana)
        with pytest.raises(NotFound):
            desk.get(coupon.id, by=school.ana)
        with pytest.raises(NotFound):
            desk.redemptions(coupon.id, by=school.ana)
    assert desk.withdraw(toms.id, by=OPERATOR).state == "withdrawn"
    assert [one.code for one in desk.list(by=OPERATOR, state="active")] == ["OURS"]


def test_coupons_are_listed_in_pages(small_school: School) -> None:
    """Page after page every coupon comes once."""
    desk = desk_of(small_school)
    made = {desk.issue(by=OPERATOR, bp=100).id for _ in range(7)}
    found, after, pages = [], None, 0
    while pages == 0 or after is not None:
        page = desk.list(by=OPERATOR, after=after, limit=3)
        found += [one.id for one in page]
        after, pages = page.after, pages + 1
    assert (set(found), len(found), pages) == (made, 7, 3)
    with pytest.raises(InvalidInput):
        desk.list(by=OPERATOR, limit=0)


def test_codes_are_put_to_one_s_own_open_request(small_school: School) -> None:
    """Nobody presents for another; not for a request that is over; not without end; and what is
    presented replaces what was."""
    school, desk = small_school, desk_of(small_school)
    for number in range(6):
        desk.issue(f"C{number}", by=OPERATOR, bp=100, stackable=True)
    request = ask(school)
    with pytest.raises(NotFound):
        desk.present(request.id, ["C0"], by=school.bea)
    with pytest.raises(InvalidInput, match="5 codes at most"):
        desk.present(request.id, [f"C{n}" for n in range(6)], by=school.ana)
    assert desk.present(request.id, ["c0", "C-0", "C1"], by=school.ana).codes == ("C-0", "C1")
    quote = school.market.quotes.make(request.id, by=school.ana)
    assert [one.inputs["coupon"] for one in quote.lines if one.plugin == "coupons"] == ["C0", "C1"]
    desk.present(request.id, [], by=school.ana)
    quote = school.market.quotes.make(request.id, by=school.ana)
    assert [one for one in quote.lines if one.plugin == "coupons"] == []
    school.market.requests.withdraw(request.id, by=school.ana)
    with pytest.raises(Conflict):
        desk.present(request.id, ["C0"], by=school.ana)


def test_codes_cannot_be_guessed() -> None:
    """What never was, is withdrawn, or is still to come is told in the same words; each try in vain
    counts with all misses of the hour, and then nothing more is answered, right or wrong."""
    clock = ManualClock(MONDAY)
    plugins = [Lessons(), Coupons(), Wallet()]
    market = Marketplace.open(plugins=plugins, clock=clock, limits=Limits(not_found=4))
    desk, tom, ana = CouponDesk(market), market.parties.join("Tom"), market.parties.join("Ana")
    listing = market.listings.draft(
        "lessons", by=tom, title="x", currency="EUR", attributes={"per_hour": 1}
    )
    market.listings.publish(listing.id, by=tom)
    school = School(market, tom, ana, ana, listing)
    desk.issue("RIGHT", by=OPERATOR, bp=100)
    desk.issue("LATER", by=OPERATOR, bp=100, starts_at=MONDAY + DAY)
    desk.withdraw(desk.issue("GONE", by=OPERATOR, bp=100).id, by=OPERATOR)
    desk.issue("BEAS", by=market.parties.join("Bea"), bp=100)
    request = ask(school)
    told = set()
    for code in ("NEVER", "LATER", "GONE", "BEAS"):
        with pytest.raises(NotFound) as refusal:
            desk.present(request.id, [code], by=ana)
        told.add((refusal.value.code, str(refusal.value).replace(code, "…")))
        assert [one.code for one in refusal.value.reasons] == ["coupon_unknown"]
    assert told == {("coupon_unknown", "no coupon …")}
    with pytest.raises(LimitExceeded):
        desk.present(request.id, ["RIGHT"], by=ana)
    clock.advance(HOUR)
    assert desk.present(request.id, ["RIGHT"], by=ana).codes == ("RIGHT",)


def test_a_refused_presentation_leaves_what_was(small_school: School) -> None:
    """One unknown code among good ones changes nothing: nothing is half written."""
    school, desk = small_school, desk_of(small_school)
    desk.issue("GOOD", by=OPERATOR, bp=1_000)
    request = ask(school)
    desk.present(request.id, ["GOOD"], by=school.ana)
    with pytest.raises(Outcome):
        desk.present(request.id, ["GOOD", "BAD"], by=school.ana)
    quote = school.market.quotes.make(request.id, by=school.ana)
    assert [one.inputs["coupon"] for one in quote.lines if one.plugin == "coupons"] == ["GOOD"]


def test_a_desk_needs_the_plugin() -> None:
    """A marketplace without coupons says so, in words that help."""
    with pytest.raises(SetupError, match="open it with Coupons"):
        CouponDesk(Marketplace.open()).issue("X", by=OPERATOR, bp=100)


@pytest.mark.parametrize(
    "wrong",
    [
        {"least": {"NPR": -1}},
        {"least": {"NPR": 1.5}},
        {"coins": {"NPR": 0}},
        {"coins": {"X": True}},
    ],
)
def test_settings_are_whole_minor_units(wrong: Any) -> None:
    """A minimum or a coin that is no whole number of minor units is refused when it is set."""
    with pytest.raises(InvalidInput):
        Coupons(**wrong)


@pytest.mark.parametrize("odd", ["\0", "\ud800", "x" * 100_000, 5, b"x", ["x"]])
def test_odd_ids_cursors_and_names_are_refused(school: School, odd: Any) -> None:
    """What no database can compare is bad input wherever it is given, and nothing is written."""
    desk, request = desk_of(school), ask(school)
    coupon = desk.issue("TEN", by=OPERATOR, bp=1_000)
    for attempt in (
        lambda: desk.get(odd, by=OPERATOR),
        lambda: desk.withdraw(odd, by=OPERATOR),
        lambda: desk.list(by=OPERATOR, after=odd),
        lambda: desk.list(by=OPERATOR, provider=odd),
        lambda: desk.list(by=OPERATOR, state=odd),
        lambda: desk.redemptions(coupon.id, by=OPERATOR, after=odd),
        lambda: desk.issue(odd, by=OPERATOR, bp=100),
        lambda: desk.issue(by=OPERATOR, bp=100, listings=[odd]),
        lambda: desk.issue(by=OPERATOR, bp=100, verticals=[odd]),
        lambda: desk.issue(by=OPERATOR, bp=100, not_on=[odd]),
        lambda: desk.present(request.id, [odd], by=school.ana),
        lambda: desk.present(odd, ["TEN"], by=school.ana),
    ):
        with pytest.raises(InvalidInput):
            attempt()
    assert desk.list(by=OPERATOR).items == (coupon,)


def test_what_is_no_list_and_no_sum_is_refused(school: School) -> None:
    """A name where a list belongs is not read letter by letter; a sum beyond any price is bad
    input; a state that no coupon has is not an empty page."""
    desk, request = desk_of(school), ask(school)
    for attempt in (
        lambda: desk.present(request.id, None, by=school.ana),  # type: ignore[arg-type]
        lambda: desk.issue(by=OPERATOR, bp=5, verticals="lessons"),
        lambda: desk.issue(by=OPERATOR, amount=Money(10**19, "EUR")),
        lambda: desk.issue(by=OPERATOR, bp=5, minimum=Money(10**30, "EUR")),
        lambda: desk.list(by=OPERATOR, state="spent"),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidInput):
            attempt()
    assert desk.list(by=OPERATOR).items == ()
