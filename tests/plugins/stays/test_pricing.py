"""The price of a stay: to the cent, in any currency, whoever reads the rules in which order."""

import json
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import DAY, InvalidInput, Line, Money, divide, nets, split
from marketplace.plugins.stays.fees import Fees, subtotal
from marketplace.plugins.stays.pricing import Tariff, hosts_lines
from marketplace.plugins.stays.rules import named, prices
from marketplace.plugins.stays.taxes import Tax
from tests.plugins.stays.homes import NEW_YEAR, home, wish

APRIL = date(2026, 4, 1)
RULES = named("stays")


def price(
    rates: dict[str, Any],
    nights: int = 3,
    *,
    arrive: date = APRIL,
    currency: str = "USD",
    tariff: Tariff | None = None,
    plan: dict[str, Any] | None = None,
    **asked: Any,
) -> list[Line]:
    """The lines of a stay at these rates."""
    place = home(currency, rates=rates, plan=plan or {}, pets=2, guests=10, units=9)
    stay = wish(place, arrive, nights, **asked)
    lines = hosts_lines(place, stay, NEW_YEAR, "stays")
    return lines if tariff is None else [*lines, *tariff.lines(place, stay, lines)]


def told(lines: list[Line]) -> dict[str, int]:
    """Amount by code; what is given back is negative."""
    return {
        line.code: line.amount.amount * (-1 if line.payee == "customer" else 1) for line in lines
    }


@pytest.mark.behaviour("S7")
def test_the_worked_example(data_dir: Path) -> None:
    """Four nights at 100 and 50 for cleaning are 450; three per cent of it are 13.50; the host is
    paid 436.50."""
    example = json.loads((data_dir / "oracles/rules_airbnb.json").read_text())
    example = example["fees"]["worked_example_older_page"]

    def cents(name: str) -> int:
        return Money.of(example[name], "USD").amount

    rates = {"nightly": cents("nightly"), "cleaning": cents("cleaning")}
    tariff = Tariff(Fees.split(guest_bp=0, host_bp=300), {}, "stays")
    lines = price(rates, example["nights"], tariff=tariff)
    assert subtotal(lines) == cents("subtotal") == 45_000
    assert told(lines)["host_fee"] == cents("host_fee_3pct") == 1_350
    assert nets(lines, "USD")["provider"].amount == cents("payout") == 43_650


@pytest.mark.behaviour("S6", "C2")
def test_every_night_has_its_own_price() -> None:
    """A date goes before a season, a season before the weekend, the weekend before the plain price;
    the line says each."""
    plan = {
        "rules": [
            {"from": "2026-04-03", "price": 900},
            {"from": "2026-04-05", "to": "2026-04-30", "price": 300, "label": "spring"},
        ]
    }
    lines = price({"nightly": 100, "weekend": 150}, 6, plan=plan)
    (line,) = lines
    assert prices(line.inputs) == [100, 100, 900, 150, 300, 300]
    assert line.amount == Money(1_850, "USD")
    sunday = price({"nightly": 100, "weekend": 150, "weekend_days": ["sun"]}, 6)
    assert prices(sunday[0].inputs) == [100, 100, 100, 100, 150, 100]


@pytest.mark.behaviour("S6")
def test_the_hosts_own_fees() -> None:
    """Cleaning once a unit, guests above those included every night, a pet once; infants are no
    guests, and two units include twice as many."""
    rates = {
        "nightly": 1_000, "cleaning": 500, "extra_guest": {"after": 2, "each": 70}, "pet": 90,
    }  # fmt: skip
    assert told(price(rates, 3, adults=2, infants=2)) == {"nights": 3_000, "cleaning": 500}
    assert told(price(rates, 3, adults=3, children=1, pets=2)) == {
        "nights": 3_000, "cleaning": 500, "extra_guests": 420, "pet": 90,
    }  # fmt: skip
    assert told(price(rates, 3, units=2, adults=5)) == {
        "nights": 6_000, "cleaning": 1_000, "extra_guests": 210,
    }  # fmt: skip


@pytest.mark.behaviour("S6")
def test_discounts_of_length_and_lead() -> None:
    """A week and a month have their own discounts and one of them is given; early or late, the
    larger one is; each is taken of what the one before it left of the nights."""
    rates: dict[str, Any] = {
        "nightly": 1_000, "cleaning": 9_999, "weekly_bp": 1_000, "monthly_bp": 2_000,
        "early_bird": [{"days": 60, "bp": 500}, {"days": 90, "bp": 800}],
        "last_minute": [{"days": 3, "bp": 1_500}], "non_refundable_bp": 1_000,
    }  # fmt: skip
    assert "weekly_discount" not in told(price(rates, 6))
    assert told(price(rates, 7))["weekly_discount"] == -700
    assert told(price(rates, 27))["weekly_discount"] == -2_700
    month = told(price(rates, 28))
    assert (month["monthly_discount"], month.get("weekly_discount")) == (-5_600, None)
    assert month["early_bird"] == -divide(22_400 * 800, 10_000)
    assert told(price(rates, 1, arrive=date(2026, 3, 15)))["early_bird"] == -50
    assert told(price(rates, 1, arrive=date(2026, 1, 4)))["last_minute"] == -150
    assert told(price(rates, 1, arrive=date(2026, 1, 5))) == {"nights": 1_000, "cleaning": 9_999}
    strict = told(price(rates, 7, rate="non_refundable"))
    left = 7_000 - 700 - divide(6_300 * 800, 10_000)
    assert strict["non_refundable"] == -divide(left * 1_000, 10_000)


def test_a_discount_of_everything_leaves_nothing_and_no_more() -> None:
    """Discounts stop at the price of the nights: no guest is paid to come."""
    rates: dict[str, Any] = {
        "nightly": 999, "weekly_bp": 10_000, "early_bird": [{"days": 1, "bp": 10_000}],
        "non_refundable_bp": 10_000,
    }  # fmt: skip
    lines = price(rates, 7, rate="non_refundable")
    assert told(lines) == {"nights": 6_993, "weekly_discount": -6_993}
    assert subtotal(lines) == 0


@pytest.mark.behaviour("S7")
def test_fees_of_one_side_or_of_both() -> None:
    """The basis is what the guest pays the host after discounts; a long stay may cost less."""
    rates = {"nightly": 1_000, "cleaning": 500, "weekly_bp": 1_000}
    both = Tariff(Fees.split(guest_bp=1_412, host_bp=300, long_guest_bp=800), {}, "stays")
    lines = told(price(rates, 7, tariff=both))
    assert (lines["guest_fee"], lines["host_fee"]) == (divide(6_800 * 1_412, 10_000), 204)
    assert told(price(rates, 28, tariff=both))["guest_fee"] == divide(25_700 * 800, 10_000)
    host = Tariff(Fees.host_only(1_500), {}, "stays")
    assert told(price(rates, 7, tariff=host))["host_fee"] == 1_020
    assert "guest_fee" not in told(price(rates, 7, tariff=host))


def test_a_night_without_a_price_has_none() -> None:
    """A price is never made up."""
    with pytest.raises(InvalidInput, match="no price for 2026-04-02") as refused:
        price({}, 2, plan={"rules": [{"from": "2026-04-01", "price": 5}]})
    assert refused.value.code == "stay_no_price"


@pytest.mark.behaviour("C2")
def test_odd_real_prices_survive() -> None:
    """A night at 109,999, a thousand nights, and nothing at all are prices like any other."""
    dear = price({"nightly": 10_999_900}, 1, currency="SGD")
    assert told(dear) == {"nights": 10_999_900}
    assert told(price({"nightly": 5_000}, 1_000))["nights"] == 5_000_000
    assert price({"nightly": 0}, 3) == []


sums = st.integers(0, 10**7)
shares = st.integers(0, 10_000)
leads = st.lists(st.fixed_dictionaries({"days": st.integers(1, 120), "bp": shares}), max_size=3)
rates = st.fixed_dictionaries(
    {"nightly": sums},
    optional={
        "weekend": sums, "cleaning": sums, "pet": sums, "weekly_bp": shares, "monthly_bp": shares,
        "extra_guest": st.fixed_dictionaries({"after": st.integers(1, 4), "each": sums}),
        "early_bird": leads, "last_minute": leads, "non_refundable_bp": shares,
    },
)  # fmt: skip
seasons = st.lists(
    st.fixed_dictionaries(
        {
            "from": st.integers(1, 28).map(lambda n: f"2026-04-{n:02}"),
            "to": st.just("2026-05-09"),
            "price": sums,
        }
    ),
    max_size=4,
    unique_by=lambda one: one["from"],
)
tariffs = st.builds(
    lambda guest, host, bp, each, most: Tariff(
        Fees.split(guest, host),
        {"here": (Tax("a", bp=bp, most=most, currency="USD"), Tax("b", each=each, currency="USD"))},
        "stays",
    ),
    shares, shares, shares, st.integers(0, 5_000), st.none() | st.integers(0, 5_000),
)  # fmt: skip


@pytest.mark.behaviour("C2")
@given(
    rates,
    seasons,
    tariffs,
    st.integers(1, 40),
    st.integers(1, 3),
    st.sampled_from(["USD", "JPY", "KWD", "BTC"]),
    st.randoms(use_true_random=False),
)
def test_a_price_is_the_sum_of_its_lines(
    rates: dict[str, Any],
    rules: list[dict[str, Any]],
    tariff: Tariff,
    nights: int,
    units: int,
    currency: str,
    chance: Random,
) -> None:
    """Whatever a host asks, in any currency: every line is a whole number of minor units above
    zero and computes again, all roles net to zero, the guest is never paid, the host's part is
    what the guest pays less fees and taxes; the order in which rates are written says nothing."""
    rate = "non_refundable" if "non_refundable_bp" in rates else "standard"
    asked = {"adults": 2, "children": 1, "pets": 1, "rate": rate, "units": units}

    def lines(rates: dict[str, Any], rules: list[dict[str, Any]]) -> list[Line]:
        place = home(
            currency, rates=rates, plan={"rules": rules}, guests=9, units=9, jurisdiction="here"
        )
        stay = wish(place, APRIL, nights, **asked)
        mine = hosts_lines(place, stay, NEW_YEAR, "stays")
        return [*mine, *tariff.lines(place, stay, mine)]

    found = lines(rates, rules)
    assert all(type(one.amount.amount) is int and one.amount.amount > 0 for one in found)
    assert all(one.amount.amount == RULES[one.rule](one.inputs) for one in found)
    sides = nets(found, currency)
    assert sum(side.amount for side in sides.values()) == 0
    basis = subtotal(found)
    by_code = {one.code: one.amount.amount for one in found}
    guest = -sides["customer"].amount if "customer" in sides else 0
    on_top = sum(by_code.get(code, 0) for code in ("guest_fee", "occupancy_tax"))
    assert guest == basis + on_top + by_code.get("occupancy_tax_by_head", 0) >= 0
    given_back = sum(one.amount.amount for one in found if one.payee == "customer")
    assert given_back <= by_code.get("nights", 0)
    mixed = {name: rates[name] for name in chance.sample(sorted(rates), len(rates))}
    for name in ("early_bird", "last_minute"):
        if name in mixed:
            mixed[name] = chance.sample(mixed[name], len(mixed[name]))
    again = lines(mixed, chance.sample(rules, len(rules)))
    assert told(again) == told(found)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10_000), min_size=1, max_size=4))
def test_parts_of_a_price_lose_nothing(amount: int, weights: list[int]) -> None:
    """Where a sum is shared out, by largest remainder, its parts are the whole."""
    if sum(weights):
        assert sum(split(amount, weights)) == amount


def test_a_tariff_is_of_what_was_agreed_too() -> None:
    """A price that two sides agreed on bears the same fees and taxes as one by the rates."""
    place = home(rates={}, jurisdiction="here")
    agreed = Line("agreed_price", Money(40_000, "USD"), "customer", "provider", "core.agreed")
    tariff = Tariff(Fees.host_only(1_000), {"here": (Tax("city tax", bp=500),)}, "stays")
    lines = tariff.lines(place, wish(place, APRIL, 2), [agreed])
    assert told(lines) == {"host_fee": 4_000, "occupancy_tax": 2_000}


def test_hours_are_priced_like_nights() -> None:
    """The same rates serve an hourly calendar; its line is called by what people book."""
    place = home(grain=DAY / 24, rates={"nightly": 4_000, "weekend": 6_000})
    stay = wish(place, date(2026, 4, 3), 1)
    hours = int((stay.end - stay.start) / (DAY / 24))
    (line,) = hosts_lines(place, stay, NEW_YEAR, "lessons")
    assert (line.code, line.rule, line.inputs["steps"]) == ("hours", "lessons.steps", hours)
    assert line.amount.amount == hours * 6_000
