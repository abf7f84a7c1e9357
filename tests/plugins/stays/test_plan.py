"""Plans: the most specific rule that says anything of a field decides it."""

from datetime import date, time, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.plugins.stays.plan import WEEKDAYS, Plan, faults, weekdays

FIRST = date(2026, 4, 1)
LAST = FIRST + timedelta(days=40)


def on(day: date, *rules: dict[str, Any], **plan: Any) -> Any:
    """What holds on one date."""
    return Plan.of({**plan, "rules": list(rules)}).days(day, day)[day]


@pytest.mark.behaviour("S3")
def test_the_more_specific_rule_wins() -> None:
    """One date goes before a shorter range, that before a longer one, before weekdays, before the
    plan; the order in the list says nothing."""
    friday = date(2026, 4, 3)
    said: list[dict[str, Any]] = [
        {"from": "2026-04-03", "least": 5},
        {"from": "2026-04-01", "to": "2026-04-04", "least": 4},
        {"from": "2026-03-01", "to": "2026-05-01", "least": 3},
        {"weekdays": ["fri"], "least": 2},
    ]
    for broader in range(4):
        for rules in (said[broader:], said[broader:][::-1]):
            assert on(friday, *rules, least=1).least == 5 - broader
    assert on(friday, least=1).least == 1


@pytest.mark.behaviour("S3")
def test_each_field_is_decided_for_itself() -> None:
    """A rule that says nothing of a field leaves it to the next less specific one."""
    day = on(
        date(2026, 4, 3),
        {"from": "2026-04-03", "label": "Good Friday"},
        {"from": "2026-04-01", "to": "2026-04-30", "price": 900, "most": 9},
        {"weekdays": ["fri"], "arrive": ["fri"], "price": 1, "open": False},
        least=2,
    )
    assert (day.label, day.price, day.least, day.most) == ("Good Friday", 900, 2, 9)
    assert (day.arrive, day.open) == (weekdays(["fri"]), False)


def test_of_two_rules_alike_the_later_holds() -> None:
    """Of two rules for the same dates the later one was written to change the other."""
    same = {"from": "2026-04-03", "to": "2026-04-05"}
    assert on(date(2026, 4, 4), {**same, "price": 1}, {**same, "price": 2}).price == 2


def test_a_range_with_weekdays_speaks_of_those_alone() -> None:
    """A season's weekends are a rule with dates and weekdays."""
    rule = {"from": "2026-04-01", "to": "2026-04-30", "weekdays": ["sat", "sun"], "price": 7}
    told = [on(FIRST + timedelta(days=n), rule).price for n in range(7)]
    assert told == [None, None, None, 7, 7, None, None]


def _rule(draw: Any) -> dict[str, Any]:
    start = FIRST + timedelta(days=draw(st.integers(-20, 30)))
    days = draw(st.integers(0, 40))
    rule: dict[str, Any] = {"price": draw(st.integers(0, 99))}
    if draw(st.booleans()):
        rule |= {"from": start.isoformat(), "to": (start + timedelta(days=days)).isoformat()}
    if draw(st.booleans()) or "from" not in rule:
        rule["weekdays"] = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True))
    return rule


rules = st.lists(st.composite(_rule)(), max_size=8)


def _width(rule: dict[str, Any]) -> tuple[int, int]:
    days = len(rule.get("weekdays", WEEKDAYS))
    if "from" not in rule:
        return 10_000, days
    return (date.fromisoformat(rule["to"]) - date.fromisoformat(rule["from"])).days, days


def _speaks(rule: dict[str, Any], day: date) -> bool:
    inside = "from" not in rule or rule["from"] <= day.isoformat() <= rule["to"]
    return inside and WEEKDAYS[day.weekday()] in rule.get("weekdays", WEEKDAYS)


@pytest.mark.behaviour("S3")
@given(rules, st.randoms(use_true_random=False))
def test_what_holds_is_what_a_person_would_look_up(
    said: list[dict[str, Any]], chance: Random
) -> None:
    """For every date the narrowest rule that speaks of it decides, as if looked up one by one, and
    rules of different breadth may stand in any order."""
    days = Plan.of({"rules": said}).days(FIRST, LAST)
    assert list(days) == [FIRST + timedelta(days=n) for n in range(41)]
    for day, holds in days.items():
        speaking = [rule for rule in said if _speaks(rule, day)]
        narrowest = min((_width(rule) for rule in speaking), default=None)
        alike = [rule["price"] for rule in speaking if _width(rule) == narrowest]
        assert holds.price == (alike[-1] if alike else None)
    if len({_width(rule) for rule in said}) == len(said):
        mixed = chance.sample(said, len(said))
        assert Plan.of({"rules": mixed}).days(FIRST, LAST) == days


def test_hours_open_and_close() -> None:
    """A shorter step is held out when it begins between the plan's hours; ``24:00`` is midnight."""
    day = on(FIRST, hours=["09:00", "17:00"])
    told = [day.has(time(hour)) for hour in (8, 9, 16, 17)]
    assert told == [False, True, True, False]
    assert on(FIRST, hours=["09:00", "24:00"]).has(time(23, 30))
    assert not on(FIRST, hours=["09:00", "24:00"], open=False).has(time(10))
    assert on(FIRST, hours=["09:00", "17:00"]).has(None)


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ({"least": 5, "most": 4}, "stay_least_above_most"),
        ({"hours": ["17:00", "09:00"]}, "stay_closes_before_it_opens"),
        ({"rules": [{"from": "2026-02-30"}]}, "stay_no_such_date"),
        ({"rules": [{"from": "2026-02-03", "to": "2026-02-31"}]}, "stay_no_such_date"),
        ({"rules": [{"from": "2026-04-05", "to": "2026-04-04"}]}, "stay_rule_ends_first"),
        ({"rules": [{"to": "2026-04-04", "weekdays": ["mon"]}]}, "stay_rule_without_from"),
        ({"rules": [{"price": 5}]}, "stay_rule_for_no_date"),
        ({"rules": [{"weekdays": ["mon"], "least": 3, "most": 2}]}, "stay_least_above_most"),
    ],
)
def test_a_plan_that_makes_no_sense_is_told_so(plan: dict[str, Any], code: str) -> None:
    """What no schema can say is said with the rule's number."""
    found = faults(plan)
    assert [reason.code for reason in found] == [code]
    assert faults({"least": 4, "most": 4, "hours": ["09:00", "24:00"]}) == []
