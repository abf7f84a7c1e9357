"""What a stay costs after it was booked: cancelled, excused, altered, or with something broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from marketplace import (
    DAY,
    HOUR,
    Line,
    Money,
    PricingQuestion,
    Proposal,
    Reason,
    Refused,
    Seat,
    Terms,
    customer_owes,
    nets,
)
from marketplace.plugins.stays.cancellations import ALL, KEPT_RULES, HostFee, Kept, Schedule, kept
from marketplace.plugins.stays.deposit import own_lines
from marketplace.plugins.stays.fees import subtotal
from marketplace.plugins.stays.home import Home, Wish
from marketplace.plugins.stays.parts import Page, in_two, joined, lowered
from marketplace.plugins.stays.rows import BALANCE, DEPOSIT, MONTH_DAYS
from marketplace.plugins.stays.steps import noun
from marketplace.plugins.stays.versions import altered, in_force, paid, span_of

POLICY = "stay_cancellation"
"""The policy frozen with a price: the schedule as data, and what the guest may count on."""
BY_THE_NIGHT = ("extra_guests",)
ONCE = ("cleaning", "pet")
FEE_GIVEN_BACK = "stay_fee_given_back"


def agreed(question: PricingQuestion) -> Sequence[Line]:
    """The lines in force."""
    return joined(in_force(question).lines)


def keep(lines: Sequence[Line], given_up: Kept, home: Home, page: Page, steps: int) -> list[Line]:
    """What of these lines is still owed when the guest gives the stay up."""
    lines = page.own(lines)
    step = noun(home.grid.grain)
    less = sum(one.amount.amount for one in lines if _discount(one))
    nights = [one for one in lines if one.code in (step, "agreed_price")]
    found: list[Line] = []
    whole = sum(one.amount.amount for one in nights) - less
    for one in nights:
        inputs = {
            **_runs(one, steps),
            "less": less,
            "first": given_up.first,
            "rest_bp": given_up.rest_bp,
        }
        found += page.line(f"kept_{step}", "keep_steps", inputs, one)
    part = sum(one.amount.amount for one in found)
    for one in lines:
        amount = one.amount.amount
        if one.code in BY_THE_NIGHT:
            inputs = {"of": amount, "part": part, "whole": whole}
            found += page.line(f"kept_{one.code}", "keep_part", inputs, one)
        elif one.code in ONCE:
            inputs = {"of": amount, "bp": given_up.cleaning_bp}
            found += page.line(one.code, "share", inputs, one)
    before, after = subtotal(lines), subtotal(found)
    for one in lines:
        amount = one.amount.amount
        if (one.payer, one.payee) == ("customer", "operator"):
            inputs = {"of": amount, "bp": given_up.fee_bp}
            found += page.line("kept_fee", "share", inputs, one)
        elif one.payer == "provider" and one.payee == "operator" and "bp" in one.inputs:
            inputs = {"of": after, "bp": one.inputs["bp"]}
            found += page.line(one.code, "share", inputs, one)
        elif one.payee == "tax":
            name = one.inputs.get("name", one.code)
            inputs = {"of": amount, "part": after, "whole": before, "name": name}
            found += page.line("kept_tax", "keep_part", inputs, one)
        elif one.payer not in ("customer", "provider"):
            inputs = {"of": amount, "part": after, "whole": before}
            found += page.line(one.code, "keep_part", inputs, one)
    left = nets(found, page.currency).get("provider", Money.zero(page.currency)).amount
    for one in lines:
        if one.payee == "cohost":
            inputs = {"of": max(left, 0), "bp": one.inputs["bp"]}
            found += page.line(one.code, "share", inputs, one)
    return found


def _steps(question: PricingQuestion, home: Home) -> int:
    return home.grid.count(*span_of(question))


def _discount(line: Line) -> bool:
    return (line.payer, line.payee) == ("provider", "customer")


def _left_out(line: Line, question: PricingQuestion) -> bool:
    """Whether it is another's discount that does not lower this occasion's price for the guest."""
    if line.payee != "customer" or "not_on" not in line.inputs:
        return False
    # Where the operator pays all in the guest's stead, there is nothing left to discount.
    borne = question.occasion == "excused" and line.payer != "operator"
    return borne or question.occasion in line.inputs["not_on"]


def _runs(line: Line, steps: int) -> dict[str, Any]:
    """A line of nights as runs; a price that was agreed, or a month's, as so much for so many."""
    if "runs" in line.inputs:
        return {"runs": line.inputs["runs"], "units": line.inputs["units"]}
    return {"of": line.amount.amount, "steps": line.inputs.get("nights", steps)}


@frozen
class Later:
    """Answers for every occasion after the booking, by an operator's settings."""

    plugin: str
    host_fees: HostFee
    fee_times: int | None
    """How often in a year a guest is given the marketplace's fee back; None: every time."""

    def proposal(
        self, question: PricingQuestion, home: Home, wish: Wish, again: Callable[[], list[Line]]
    ) -> Proposal | None:
        """The lines of an occasion, and why; None for one that is not a stay's."""
        page = Page(question.currency, self.plugin)
        answers: dict[str, Callable[[], Proposal]] = {
            "cancellation": lambda: self._cancelled(question, home, page),
            "no_show": lambda: self._cancelled(question, home, page),
            "host_cancellation": lambda: self._host(question, home, page),
            "excused": lambda: self._excused(question, home, page),
            "alteration": lambda: Proposal(again(), (altered(question),)),
            "month": lambda: Proposal(_month(question, home, page)),
            "claim": lambda: _claimed(question, page, "damage"),
            "decision": lambda: _claimed(question, page, "damage"),
            "nothing": lambda: Proposal((), (Reason("stay_claim_not_decided"),)),
        }
        answer = answers.get(question.occasion)
        return None if answer is None else answer()

    def _kept(self, question: PricingQuestion, home: Home) -> Kept:
        deal, terms = question.transaction, question.terms
        assert deal is not None
        assert terms is not None
        schedule = Schedule.of(terms.policies[POLICY])
        span = span_of(question)
        # Who never came has stayed no night, however late somebody says so.
        late = question.occasion == "no_show"
        now = min(question.at, span[0]) if late else question.at
        return kept(schedule, home.grid, deal.created_at, span, now)

    def _keep(
        self, before: Sequence[Line], given_up: Kept, question: PricingQuestion, home: Home
    ) -> list[Line]:
        """What is kept of a price: for the guest no more than the price itself is.

        A discount that others gave and do not give on this occasion lowers what is kept of him; to
        what they do give again they answer themselves.
        """
        page = Page(question.currency, self.plugin)
        found = keep(before, given_up, home, page, _steps(question, home))
        gone = [one for one in before if _left_out(one, question)]
        mine = page.own(before)
        less = sum(one.amount.amount for one in gone)
        most = max(customer_owes(mine, question.currency).amount - less, 0)
        return lowered(found, most, page)

    def _cancelled(self, question: PricingQuestion, home: Home, page: Page) -> Proposal:
        given_up, reasons = self._kept(question, home), []
        if given_up.fee_bp < ALL:
            times = _times(question)
            if self.fee_times is not None and times >= self.fee_times:
                given_up = evolve(given_up, fee_bp=ALL)
                reasons.append(Reason("stay_fee_kept", {"times": times, "most": self.fee_times}))
            else:
                reasons.append(Reason(FEE_GIVEN_BACK, {"times": times + 1}))
        before = agreed(question)
        lines = parted(self._keep(before, given_up, question, home), question, page)
        return Proposal(lines, (given_up.why, *reasons), _sums(before, question))

    def _host(self, question: PricingQuestion, home: Home, page: Page) -> Proposal:
        """The guest has all back; the host pays a fee by how late it is."""
        lines = agreed(question)
        step = noun(home.grid.grain)
        nights = [one for one in lines if one.code in (step, "agreed_price")]
        hours, bp = self.host_fees.share(span_of(question)[0] - question.at)
        params = {"hours": hours, "bp": bp}
        least = self.host_fees.least.get(question.currency, 0)
        of = sum(one.amount.amount for one in nights)
        fee = [
            line
            for one in nights[:1]
            for line in page.line(
                "host_cancellation_fee",
                "host_fee",
                {"of": of, "bp": bp, "least": least},
                evolve(one, payer="provider", payee="operator", purse="price"),
            )
        ]
        return Proposal(fee, (Reason("stay_host_cancelled", params),), _sums(lines, question))

    def _excused(self, question: PricingQuestion, home: Home, page: Page) -> Proposal:
        """The guest has all back, whatever the schedule says; somebody named bears it."""
        bearer, before = question.asks["bearer"], agreed(question)
        reason = Reason("stay_excused", {"bearer": bearer, "reason": question.asks["reason"]})
        if bearer == "provider":
            return Proposal((), (reason,), _sums(before, question))
        given_up = evolve(self._kept(question, home), fee_bp=0)
        lines = self._keep(before, given_up, question, home)
        owed = customer_owes(lines, question.currency)
        gift = [
            line
            for one in lines[:1]
            if owed.amount > 0
            for line in page.line(
                "excused",
                "once",
                {"each": owed.amount, "units": 1},
                evolve(one, payer="operator", payee="customer"),
            )
        ]
        given = parted([*lines, *gift], question, page)
        return Proposal(given, (reason,), _sums(before, question))


def steps_a_month(home: Home) -> int:
    """How many of its steps a month of thirty days has: thirty nights, or all their hours."""
    return MONTH_DAYS * DAY // home.grid.grain


def _month(question: PricingQuestion, home: Home, page: Page) -> list[Line]:
    """The part of the price as it was agreed that one month of thirty days costs."""
    deal = question.transaction
    assert deal is not None
    (first,) = question.work.select(
        Terms, {"transaction_id": deal.id, "version": 1}, order="version"
    )
    number = int(deal.state.split("_")[1]) if deal.state.startswith("month_") else 0
    each, whole = steps_a_month(home), _steps(question, home)
    begun = number * each
    nights = max(0, min(each, whole - begun))
    found: list[Line] = []
    for one in page.own(first.lines):
        if one.code in ONCE:
            found += [one] if number == 0 else []
            continue
        inputs = {"of": one.amount.amount, "first": begun, "nights": nights, "whole": whole}
        bp = {"bp": one.inputs["bp"]} if "bp" in one.inputs else {}
        found += page.line(one.code, "month", inputs | bp, one)
    return found


def month(inputs: Mapping[str, Any]) -> int:
    """An amount's share of some nights among all: months add up to the whole."""
    of, first, whole = int(inputs["of"]), int(inputs["first"]), int(inputs["whole"])
    return of * (first + int(inputs["nights"])) // whole - of * first // whole


KEPT_RULES |= {"month": month}


def parted(lines: list[Line], question: PricingQuestion, page: Page) -> list[Line]:
    """What is kept of a price in instalments: in its two parts, or out of what was given so far."""
    terms, deal = question.terms, question.transaction
    assert terms is not None
    assert deal is not None
    first = next((one for one in terms.lines if one.purse == BALANCE), None)
    if first is None:
        return lines
    if deal.state in ("paid", "hosted"):
        return _within(in_two(lines, first.inputs["bp"], page), lines, question, page)
    return lowered(lines, paid(question), page)


def _within(
    halves: list[Line], lines: list[Line], question: PricingQuestion, page: Page
) -> list[Line]:
    """Two parts as they are, or as what each purse took allows, discounts that are gone left out.

    Those need not have stood in both purses in the same proportion.
    """
    assert question.terms is not None
    before, currency = question.terms.lines, question.currency
    most = {}
    for purse in ("price", BALANCE):
        gone = [one for one in before if one.purse == purse and _left_out(one, question)]
        owed = customer_owes(page.own(before), currency, purse).amount
        most[purse] = max(owed - sum(one.amount.amount for one in gone), 0)
    if all(customer_owes(halves, currency, one).amount <= most[one] for one in most):
        return halves
    parted_bp = most["price"] * ALL // (sum(most.values()) or 1)
    found = in_two(lines, parted_bp, page)
    return [line for one in most for line in lowered(found, most[one], page, one)]


def _times(question: PricingQuestion) -> int:
    """How often in the last year this guest had the marketplace's fee back."""
    customers = [seat.party_id for seat in question.seats if seat.role == "customer"]
    from_when = question.at - 365 * 24 * HOUR
    found = 0
    for party in customers:
        seats = question.work.select(
            Seat, {"party_id": party, "role": "customer"}, order="transaction_id", limit=1_000
        )
        for seat in seats:
            where = {"transaction_id": seat.transaction_id, "occasion": "cancellation"}
            for terms in question.work.select(Terms, where, order="version"):
                codes = {reason.code for reason in terms.reasons}
                found += terms.at > from_when and FEE_GIVEN_BACK in codes
    return found


def _sums(before: Sequence[Line], question: PricingQuestion) -> Callable[..., list[Reason]]:
    """What was owed, what is owed by all plugins' lines, and so what of the payments goes back."""
    currency = question.currency
    old, given = customer_owes(before, currency), paid(question)

    def told(lines: Sequence[Line]) -> list[Reason]:
        new = customer_owes(lines, currency)
        back = Money(max(0, given - max(0, new.amount)), currency)
        sums = {"was": old, "is": new, "back": back}
        as_data = {name: {"amount": x.amount, "currency": x.currency} for name, x in sums.items()}
        return [Reason("stay_owed_now", as_data)]

    return told


def _claimed(question: PricingQuestion, page: Page, code: str) -> Proposal:
    """A sum out of the deposit, never more than is in it; of a claim, never more than was claimed.

    A claim that failed leaves its terms behind, so the next counts from the deposit as agreed.
    """
    deal, terms, amount = question.transaction, question.terms, question.asks["amount"]
    assert deal is not None
    assert terms is not None
    own, decides = own_lines(question, page.plugin), deal.state == "contested"
    most = customer_owes(terms.lines if decides else own, question.currency, DEPOSIT)
    if amount.amount < 1 and not decides:
        raise Refused(
            f"a claim is for more than nothing, not {amount}",
            code="stay_claim_of_nothing",
            params={"amount": str(amount)},
        )
    if amount.amount > most.amount:
        raise Refused(
            f"at most {most} can be had of this deposit, not {amount}",
            code="stay_beyond_the_deposit",
            params={"most": str(most), "amount": str(amount)},
        )
    inputs = {"each": amount.amount, "units": 1}
    reason = Reason("stay_claimed", {"damage": question.asks.get("damage", "")})
    return Proposal(page.line(code, "once", inputs, own[0]), (reason,))
