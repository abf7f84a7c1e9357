"""Both sides of a reconciliation met: each thing explains one other, and no fee is lost."""

from datetime import UTC, datetime, timedelta

from attrs import evolve

from marketplace import Difference, Money, Movement
from marketplace.app.comparing import Booked, Sides, Unbooked

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def theirs(id: str, amount: int, fee: int = 0, about: str = "ch_1") -> Movement:
    """What a payment provider says moved."""
    return Movement(id, "charge", Money(amount, "USD"), Money(fee, "USD"), about, NOON)


def ours(journal: str, amount: int, fee: int = 0, **more: str) -> Booked:
    """What a journal of ours says."""
    given = {"about": "ch_1", "part": "", "kind": "charge", **more}
    return Booked(journal=journal, amount=amount, fee=fee, currency="USD", at=NOON, **given)


def met(
    movements: list[Movement], journals: list[Booked], waiting: int | None = None
) -> list[Difference | Unbooked]:
    """What is found when both are put side by side."""
    sides = Sides(NOON + timedelta(hours=1))
    sides.add_theirs(movements)
    sides.add_ours(journals)
    if waiting is not None:
        sides.add_waiting(waiting, "USD", "ch_1", NOON - timedelta(minutes=1))
    found = list(sides.meet())
    sides.close()
    return found


def whys(found: list[Difference | Unbooked]) -> list[tuple[str, int]]:
    """Why each differs, and by how much they have more."""
    return [(one.why, one.amount) for one in found if isinstance(one, Difference)]


def test_an_order_without_an_answer_explains_one_movement() -> None:
    """Two movements of one sum, and one order that waits: the second is explained by nothing."""
    twice = [theirs("mv_1", 500), theirs("mv_2", 500)]
    assert whys(met(twice, [], waiting=500)) == [("under way", 500), ("theirs not ours", 500)]
    assert whys(met(twice, [], waiting=501)) == [("theirs not ours", 500)] * 2


def test_a_fee_that_was_booked_too_high_differs() -> None:
    """The books say that more was kept than was: that is a difference, of the fee alone."""
    (one,) = met([theirs("mv_1", 1_000, 20)], [ours("jrn_1", 1_000, 30)])
    assert isinstance(one, Difference)
    assert (one.why, one.kind, one.amount) == ("amount differs", "fee", 10)
    assert met([theirs("mv_1", 1_000, 30)], [ours("jrn_1", 1_000, 30)]) == []


def test_what_of_a_fee_is_in_no_journal_is_told() -> None:
    """The rest of a fee is what is to be booked; what was given back is counted by itself."""
    (rest,) = met([theirs("mv_1", 1_000, 30)], [ours("jrn_1", 1_000, 20)])
    assert (rest.amount, isinstance(rest, Unbooked)) == (10, True)
    found = met([theirs("mv_1", 1_000, 30), theirs("mv_2", -400, -12)],
                [ours("jrn_1", 1_000, 30), ours("jrn_2", -400)])  # fmt: skip
    assert [(one.amount, isinstance(one, Unbooked)) for one in found] == [(-12, True)]


def test_one_thing_in_several_parts_is_met_on_either_side() -> None:
    """Journals of one part are one movement; a sum that came in two movements is one journal."""
    parts = [ours("jrn_1", 600, part="int_1"), ours("jrn_2", 400, part="int_1")]
    assert met([theirs("mv_1", 1_000)], parts) == []
    assert met([theirs("mv_1", 600), theirs("mv_2", 400)], [ours("jrn_1", 1_000)]) == []
    assert whys(met([theirs("mv_1", 600)], [ours("jrn_1", 1_000)])) == [("amount differs", -400)]


def test_what_we_wrote_after_the_reading_began_is_under_way() -> None:
    """They could not have told it yet; what was written before is missing there."""
    late = evolve(ours("jrn_1", 500), at=NOON + timedelta(hours=2))
    assert whys(met([], [late])) == [("under way", -500)]
    assert whys(met([], [ours("jrn_1", 500)])) == [("ours not theirs", -500)]
