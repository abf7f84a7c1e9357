"""A process as one page: its states and roles, what is allowed, and what it is hashed as."""

from datetime import timedelta

import pytest

from marketplace.domain.effect import CHARGE, HOLD, SETTLE, MoneyKind, seat
from marketplace.domain.party import CLOCK, CUSTOMER, OPERATOR, PROVIDER
from marketplace.domain.process import Process
from marketplace.domain.transition import At, Purse, Transition
from tests.support.deals import deal, go
from tests.support.trade_rows import HOUR
from tests.support.trades import goods, stay
from tests.support.wanderer import Unproved

TIP = Purse("tip", starts_settled=True)


def unproved(*rows: Transition, **other: object) -> Process:
    """A page that need not be true: what is read off it is read off any."""
    return Unproved("page", "a", "z", rows, **other)  # type: ignore[arg-type]


def test_states_and_roles_are_read_off_the_rows() -> None:
    """Every state once, in the order of the rows, the start first; roles, impersonal ones last."""
    assert deal().states == ("start", "waiting", "no", "done", "stuck", "over")
    assert deal().roles == (CUSTOMER, PROVIDER, CLOCK)
    page = unproved(
        Transition("b", CLOCK, ("b", "c"), "d", failed="e", needs_customer="f"),
        Transition("c", (OPERATOR, PROVIDER, CUSTOMER), "f", "z"),
    )
    assert page.states == ("a", "b", "c", "d", "e", "f", "z")
    assert page.roles == (PROVIDER, CUSTOMER, CLOCK, OPERATOR)


def test_what_is_allowed_is_read_off_the_rows() -> None:
    """A role may take its rows of a state, and propose those that need another side, too."""
    both = Transition("part", (CUSTOMER, PROVIDER), "a", "z", agreed=True)
    late = Transition("late", CLOCK, "a", "z", after=HOUR)
    page = unproved(both, go(), late, Transition("go", PROVIDER, "b", "z"))
    assert [row.name for row in page.rows_from("a")] == ["part", "go", "late"]
    assert [row.name for row in page.timed_from("a")] == ["late"]
    assert page.allowed("a", [CUSTOMER]) == ["propose part", "go"]
    assert page.takes("a", [CUSTOMER]) == ["go"]
    assert page.allowed("a", [PROVIDER, CLOCK]) == ["propose part", "late"]
    assert page.takes("a", [PROVIDER, CLOCK]) == ["late"]
    assert page.takes("b", [CUSTOMER]) == page.allowed("z", [CUSTOMER]) == []
    assert page.row("go", "a") == go()
    assert page.row("go", "b") == page.transitions[3]
    assert page.row("part", "b") is page.row("stop", "a") is None


def test_an_offers_row_is_the_first_that_fills_a_seat() -> None:
    """An accepted offer takes the row that fills a seat, from the state where the deal stands."""
    page = unproved(
        go(),
        Transition("accept", PROVIDER, "a", "b", seat(PROVIDER)),
        Transition("take", PROVIDER, ("a", "b"), "c", seat(PROVIDER)),
    )
    assert page.seat_row("a") == page.transitions[1]
    assert page.seat_row("b") == page.transitions[2]
    assert page.seat_row("c") is None


def test_a_process_says_what_it_does_to_money() -> None:
    """A purse is collected where a row takes the customer's money into it, unless it is lent."""
    assert deal().uses(MoneyKind.CAPTURE)
    assert not deal().uses(MoneyKind.CHARGE)
    page = unproved(go(CHARGE("tip"), SETTLE("other")), purses=(Purse("tip"), Purse("other")))
    assert [page.collects(purse) for purse in ("tip", "other", "price")] == [True, False, False]
    lent = unproved(go(CHARGE("tip"), HOLD("price")), purses=(TIP, Purse()))
    assert [lent.collects(purse) for purse in ("tip", "price")] == [False, True]


def test_a_process_needs_the_moments_that_its_rows_wait_for() -> None:
    """A moment that a row waits for, or is refused before, is needed; so long after is not."""
    page = unproved(
        go(not_before=At("end")),
        Transition("tick", CLOCK, "a", "z", at=At("opened", HOUR)),
        Transition("tock", CLOCK, "a", "z", at=At("start", HOUR)),
        Transition("late", CLOCK, "a", "z", after=HOUR),
    )
    assert page.needs_moments == {"start", "end"}


def test_a_page_says_all_of_itself() -> None:
    """What is hashed and stored is every field, as plain values in a set order."""
    page = unproved(
        go(HOLD),
        purses=(Purse(), Purse("rent", series=True), TIP),
        admits=["wallet", "card"],
        moments=["start"],
        review_after="z",
        paid=["b", "a"],
        follows=["y", "x"],
        within=timedelta(hours=2),
        opened_by=[PROVIDER, CUSTOMER],
        offer_rows=("offer", "search"),
    )
    said = page.as_data()
    rows = said.pop("transitions")
    assert said == {
        "name": "page",
        "start": "a",
        "final": ["z"],
        "purses": [["price", False, False], ["rent", True, False], ["tip", False, True]],
        "admits": ["wallet", "card"],
        "moments": ["start"],
        "review_after": ["z"],
        "paid": ["b", "a"],
        "follows": ["y", "x"],
        "within": 7200.0,
        "opened_by": ["provider", "customer"],
        "offer_rows": ["offer", "search"],
    }
    assert [row["name"] for row in rows] == ["go"]
    assert Unproved.from_data(page.as_data()) == page
    plain = unproved(go())
    unsaid = ("admits", "within", "offer_rows")
    assert [plain.as_data()[name] for name in unsaid] == [None] * 3
    assert plain.as_data()["moments"] == ["start", "end"]
    assert plain.as_data()["purses"] == [["price", False, False]]
    assert Unproved.from_data(plain.as_data()) == plain


def test_a_version_is_what_it_always_was() -> None:
    """Deals are stored with the version of their process: the same page has the same for ever."""
    assert unproved(go(HOLD)).version == "6aa6df268f15a256"
    assert unproved(go(HOLD)).version == unproved(go(HOLD)).version


def test_no_more_proofs_are_remembered_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes process after process fills no memory: the proofs are forgotten then."""
    remembered: set[str] = set()
    monkeypatch.setattr("marketplace.domain.process._PROVED", remembered)
    monkeypatch.setattr("marketplace.domain.process._MOST_KEPT", 2)
    first, second = deal(), goods()
    assert remembered == {first.version, second.version}
    third = stay()
    assert remembered == {third.version}
