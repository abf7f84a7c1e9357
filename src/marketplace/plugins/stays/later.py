"""What a stay costs after it was booked: cancelled, excused, altered, or with something broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from marketplace import (
    HOUR,
    Line,
    Money,
    Payment,
    PricingQuestion,
    Proposal,
    Reason,
    Refused,
    Seat,
    Terms,
    customer_owes,
)
from marketplace.plugins.stays.cancellations import ALL, KEPT_RULES, HostFee, Kept, Schedule, kept
from marketplace.plugins.stays.fees import subtotal
from marketplace.plugins.stays.home import Home, Wish
from marketplace.plugins.stays.process import BALANCE, DEPOSIT, MONTH_DAYS
from marketplace.plugins.stays.rules import RULES
from marketplace.plugins.stays.steps import noun

POLICY = "stay_cancellation"
"""The policy frozen with a price: the schedule as data, and what the guest may count on."""
BY_THE_NIGHT = ("extra_guests",)
ONCE = ("cleaning", "pet")
FEE_GIVEN_BACK = "stay_fee_given_back"


def lines_of(rule: str, inputs: Mapping[str, Any]) -> int:
    """A rule's amount, whichever of the two pages it stands on."""
    return (KEPT_RULES.get(rule) or RULES[rule])(inputs)


@frozen
class Page:
    """Lines of one occasion, in one currency and by one plugin."""

    currency: str
    plugin: str

    def line(self, code: str, rule: str, inputs: Mapping[str, Any], like: Line) -> list[Line]:
        """A line with payer, payee and purse of another one; none where it comes to nothing."""
        amount = Money(lines_of(rule, inputs), self.currency)
        if not amount:
            return []
        named = f"{self.plugin}.{rule}"
        return [evolve(like, code=code, amount=amount, rule=named, plugin=self.plugin,
                       inputs=inputs)]  # fmt: skip


def paid(question: PricingQuestion) -> int:
    """What the guest has given and not got back, in minor units, deposits aside."""
    assert question.transaction is not None
    payments = question.work.select(Payment, {"transaction_id": question.transaction.id}, limit=100)
    return sum(one.kept for one in payments if one.purse != DEPOSIT)


def agreed(question: PricingQuestion) -> Sequence[Line]:
    """The lines in force; those before them while what they ask more is not paid."""
    deal, terms = question.transaction, question.terms
    assert deal is not None
    assert terms is not None
    if deal.state != "short":
        return terms.lines
    given = paid(question)
    chain = question.work.select(Terms, {"transaction_id": deal.id}, order="version")
    for one in reversed(chain):
        if customer_owes(one.lines, deal.currency).amount <= given:
            return one.lines
    return terms.lines


def keep(lines: Sequence[Line], given_up: Kept, home: Home, page: Page) -> list[Line]:
    """What of these lines is still owed when the guest gives the stay up."""
    step = noun(home.grid.grain)
    less = sum(one.amount.amount for one in lines if _discount(one))
    nights = [one for one in lines if one.code in (step, "agreed_price")]
    found: list[Line] = []
    whole = sum(one.amount.amount for one in nights) - less
    for one in nights:
        inputs = {**_runs(one), "less": less, "first": given_up.first, "rest_bp": given_up.rest_bp}
        found += page.line(f"kept_{step}", "keep_steps", inputs, one)
    part = sum(one.amount.amount for one in found)
    for one in lines:
        amount = one.amount.amount
        if one.code in BY_THE_NIGHT:
            inputs = {"of": amount, "part": part, "whole": whole}
            found += page.line(one.code, "keep_part", inputs, one)
        elif one.code in ONCE:
            inputs = {"of": amount, "bp": given_up.cleaning_bp}
            found += page.line(one.code, "share", inputs, one)
    before, after = subtotal(lines), subtotal(found)
    for one in lines:
        amount = one.amount.amount
        if (one.payer, one.payee) == ("customer", "operator"):
            inputs = {"of": amount, "bp": given_up.fee_bp}
            found += page.line(one.code, "share", inputs, one)
        elif one.payer == "provider" and one.payee == "operator" and "bp" in one.inputs:
            inputs = {"of": after, "bp": one.inputs["bp"]}
            found += page.line(one.code, "share", inputs, one)
        elif one.payee in ("tax", "cohost") or one.payer not in ("customer", "provider"):
            inputs = {"of": amount, "part": after, "whole": before}
            found += page.line(one.code, "keep_part", inputs, one)
    return found


def _discount(line: Line) -> bool:
    return (line.payer, line.payee) == ("provider", "customer")


def _runs(line: Line) -> dict[str, Any]:
    """A line of nights as runs; a price that was agreed is one run of the whole."""
    if "runs" in line.inputs:
        return {"runs": line.inputs["runs"], "units": line.inputs["units"]}
    return {"runs": [["", 1, line.amount.amount]], "units": 1}


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
            "alteration": lambda: Proposal(again(), (Reason("stay_altered"),)),
            "month": lambda: Proposal(self._month(question, home, again(), page)),
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
        span = (deal.moments["start"], deal.moments["end"])
        return kept(schedule, home.grid, deal.created_at, span, question.at)

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
        lines = keep(before, given_up, home, page)
        lines = _within(lines, paid(question), question, page)
        return Proposal(lines, (given_up.why, *reasons, _sums(before, lines, question)))

    def _host(self, question: PricingQuestion, home: Home, page: Page) -> Proposal:
        """The guest has all back; the host pays a fee by how late it is."""
        deal, lines = question.transaction, agreed(question)
        assert deal is not None
        step = noun(home.grid.grain)
        nights = [one for one in lines if one.code in (step, "agreed_price")]
        hours, bp = self.host_fees.share(deal.moments["start"] - question.at)
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
        return Proposal(fee, (Reason("stay_host_cancelled", params), _sums(lines, fee, question)))

    def _excused(self, question: PricingQuestion, home: Home, page: Page) -> Proposal:
        """The guest has all back, whatever the schedule says; somebody named bears it."""
        bearer, before = question.asks["bearer"], agreed(question)
        reason = Reason("stay_excused", {"bearer": bearer, "reason": question.asks["reason"]})
        if bearer == "provider":
            return Proposal((), (reason, _sums(before, (), question)))
        lines = keep(before, evolve(self._kept(question, home), fee_bp=0), home, page)
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
        return Proposal([*lines, *gift], (reason, _sums(before, [*lines, *gift], question)))

    def _month(
        self, question: PricingQuestion, home: Home, lines: Sequence[Line], page: Page
    ) -> list[Line]:
        """The part of the whole price that one month of thirty days costs; a rest is a month."""
        deal, step = question.transaction, noun(home.grid.grain)
        assert deal is not None
        whole = home.grid.count(deal.moments["start"], deal.moments["end"])
        month = 0
        if deal.state.startswith("month_"):
            month = int(deal.state.split("_")[1])
        first = month * MONTH_DAYS
        nights = max(0, min(MONTH_DAYS, whole - first))
        found: list[Line] = []
        for one in lines:
            if one.code in ONCE:
                found += [one] if month == 0 else []
                continue
            inputs = {"of": one.amount.amount, "first": first, "nights": nights, "whole": whole}
            found += page.line(one.code if one.code != step else step, "month", inputs, one)
        return found


def month(inputs: Mapping[str, Any]) -> int:
    """An amount's share of some nights among all: months add up to the whole."""
    of, first, whole = int(inputs["of"]), int(inputs["first"]), int(inputs["whole"])
    return of * (first + int(inputs["nights"])) // whole - of * first // whole


def rest(inputs: Mapping[str, Any]) -> int:
    """What the first instalment leaves of an amount."""
    return int(inputs["of"]) - RULES["share"](inputs)


KEPT_RULES |= {"month": month, "rest": rest}


def in_two(lines: Iterable[Line], bp: int, page: Page) -> list[Line]:
    """Every line in two: a part now, and the rest in a purse of its own."""
    found: list[Line] = []
    for one in lines:
        inputs = {"of": one.amount.amount, "bp": bp, "line": dict(one.inputs)}
        found += page.line(one.code, "share", inputs, one)
        found += page.line(one.code, "rest", inputs, evolve(one, purse=BALANCE))
    return found


def cohost_lines(shares: Sequence[int], lines: Sequence[Line], page: Page) -> list[Line]:
    """What the host gives his co-hosts: their shares of what he gets."""
    if not shares or not lines:
        return []
    fees = sum(x.amount.amount for x in lines if (x.payer, x.payee) == ("provider", "operator"))
    inputs = {"of": subtotal(lines) - fees, "bp": sum(shares)}
    like = evolve(lines[0], payer="provider", payee="cohost", purse="price")
    return page.line("cohost", "share", inputs, like)


def _within(lines: list[Line], given: int, question: PricingQuestion, page: Page) -> list[Line]:
    """No more than the guest has given, where the rest was still to come: in proportion."""
    assert question.transaction is not None
    if question.transaction.process not in ("stay_instalments", "stay_monthly"):
        return lines
    owed = customer_owes(lines, question.currency).amount
    if owed <= given and question.transaction.state in ("paid", "hosted"):
        return lines
    found: list[Line] = []
    part, whole = min(owed, given), owed
    for one in lines:
        inputs = {"of": one.amount.amount, "part": part, "whole": whole}
        found += page.line(one.code, "keep_part", inputs, evolve(one, purse="price"))
    return found


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


def _sums(before: Sequence[Line], after: Sequence[Line], question: PricingQuestion) -> Reason:
    """What was owed, what is owed now, and so what goes back: a refund with its bearers."""
    currency = question.currency
    old, new = customer_owes(before, currency), customer_owes(after, currency)
    sums = {"was": old, "is": new, "back": Money(max(0, (old - new).amount), currency)}
    told = {name: {"amount": x.amount, "currency": x.currency} for name, x in sums.items()}
    return Reason("stay_owed_now", told)


def _claimed(question: PricingQuestion, page: Page, code: str) -> Proposal:
    """A sum out of the deposit, never more than is in it."""
    terms, amount = question.terms, question.asks["amount"]
    assert terms is not None
    most = customer_owes(terms.lines, question.currency, DEPOSIT)
    if amount.amount > most.amount:
        raise Refused(
            f"at most {most} can be had of this deposit, not {amount}",
            code="stay_beyond_the_deposit",
            params={"most": str(most), "amount": str(amount)},
        )
    like = terms.lines[0]
    inputs = {"each": amount.amount, "units": 1}
    reason = Reason("stay_claimed", {"damage": question.asks.get("damage", "")})
    return Proposal(page.line(code, "once", inputs, like), (reason,))


def deposit_line(amount: object, currency: str, plugin: str) -> list[Line]:
    """What a home's host wants held; nothing where he wants none."""
    if type(amount) is not int or amount <= 0:
        return []
    inputs = {"each": amount, "units": 1}
    return [
        Line(DEPOSIT, Money(amount, currency), "customer", "provider", f"{plugin}.once", plugin,
             inputs, DEPOSIT)
    ]  # fmt: skip
