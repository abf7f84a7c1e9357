"""For whom and what a coupon is: every code that gives nothing says why, in both languages."""

from collections.abc import Iterator
from typing import Any

import pytest

from marketplace import (
    DAY,
    HOUR,
    OPERATOR,
    Bring,
    Line,
    Money,
    Party,
    Pay,
    PricingQuestion,
    Quote,
    Transaction,
    counted,
    hookimpl,
)
from marketplace.plugins.coupons import Coupon, CouponDesk, Coupons
from tests.support.lessons import MONDAY, School, open_school

PRICE = 4_000
"""An hour of the tutor's."""


class Vat:
    """A tax of 25 per cent on the lesson, and a fee of the operator's own."""

    @hookimpl
    def bring(self) -> Bring:
        return Bring(rules={"vat": lambda x: x["of"] // 4, "fee": lambda x: x["fee"]})

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> list[Line]:
        of = sum(one.amount.amount for one in question.lines if one.code == "lesson")
        vat, fee = Money(of // 4, "EUR"), Money(300, "EUR")
        return [
            Line("vat", vat, "customer", "tax", "vat", inputs={"of": of}),
            Line("service_fee", fee, "customer", "operator", "fee", inputs={"fee": 300}),
        ]


@pytest.fixture
def school() -> Iterator[School]:
    """A school that gives coupons."""
    opened = open_school("sqlite://", Coupons(most_codes=9))
    yield opened
    opened.market.close()


def issue(school: School, code: str = "TEN", **terms: Any) -> Coupon:
    """The operator issues a coupon of ten per cent, or on other terms."""
    given = terms if {"bp", "amount"} & set(terms) else {"bp": 1_000, **terms}
    return CouponDesk(school.market).issue(code, by=given.pop("by", OPERATOR), **given)


def quote(
    school: School, *codes: str, who: Party | None = None, days: int = 3, hours: int = 1
) -> Quote:
    """What a lesson costs who presents these codes."""
    who, start = who or school.ana, MONDAY + days * DAY
    request = school.market.requests.open(
        "lessons",
        by=who,
        currency="EUR",
        listing=school.listing.id,
        start=start,
        end=start + hours * HOUR,
    )
    CouponDesk(school.market).present(request.id, codes, by=who)
    return school.market.quotes.make(request.id, by=who)


def book(school: School, made: Quote, who: Party | None = None) -> Transaction:
    """The lesson is booked."""
    return school.market.transactions.open(made.id, by=who or school.ana, pay=Pay("card"))


def told(school: School, made: Quote, language: str = "en") -> list[str]:
    """Why the codes gave nothing, or less."""
    because = school.market.why.quote(made.id, by=OPERATOR, language=language)
    return [one.text for one in because if one.about == "terms"]


def given(made: Quote) -> list[tuple[str, int]]:
    """Which coupons gave how much."""
    return [(x.inputs["coupon"], x.amount.amount) for x in made.lines if x.plugin == "coupons"]


@pytest.mark.behaviour("C7")
@pytest.mark.parametrize(
    ("terms", "english", "nepali"),
    [
        (
            {"ends_at": MONDAY + HOUR},
            "coupon TEN was good until 2026-11-23T09:00:00+00:00",
            "कुपन TEN को म्याद 2026-11-23T09:00:00+00:00 मा सकियो",
        ),
        (
            {"minimum": Money(8_000, "EUR")},
            "coupon TEN is from EUR 80.00 on, this comes to EUR 40.00",
            "कुपन TEN EUR ८०.०० देखि चल्छ, यो EUR ४०.०० मात्र भयो",
        ),
        ({"amount": Money(5, "NPR")}, "coupon TEN is not for this", "कुपन TEN यसका लागि होइन"),
    ],
)
def test_a_coupon_that_does_not_fit_says_why(
    school: School, terms: dict[str, Any], english: str, nepali: str
) -> None:
    """Over, too small a price, another currency: no line, and a sentence in either language."""
    issue(school, **terms)
    quoted = quote(school)
    request = school.market.requests.get(str(quoted.request_id), by=OPERATOR)
    CouponDesk(school.market).present(request.id, ["TEN"], by=school.ana)
    school.market.context.clock.set(MONDAY + 2 * HOUR)  # type: ignore[attr-defined]
    made = school.market.quotes.make(request.id, by=school.ana)
    assert given(made) == []
    assert made.payin == Money(PRICE, "EUR")
    assert told(school, made) == [english]
    assert told(school, made, "ne") == [nepali]


def test_a_coupon_may_be_for_some_listings_only(school: School) -> None:
    """One listing's coupon is not for another; what is for the vertical is for both."""
    tom = school.tutor
    other = school.market.listings.draft(
        "lessons", by=tom, title="Chess", currency="EUR", attributes={"per_hour": 1}
    )
    issue(school, "CHESS", listings=[other.id], stackable=True)
    issue(school, "LESSONS", verticals=["lessons"], stackable=True)
    made = quote(school, "CHESS", "LESSONS")
    assert given(made) == [("LESSONS", 400)]
    assert told(school, made) == ["coupon CHESS is not for this"]


def test_a_provider_s_code_goes_before_the_marketplace_s_own(school: School) -> None:
    """The same code of both means the provider's with this provider; another provider's means
    nothing here."""
    issue(school, "SAME", bp=1_000)
    issue(school, "SAME", bp=2_000, by=school.tutor)
    issue(school, "BEAS", bp=3_000, by=school.bea)
    (line,) = [one for one in quote(school, "SAME").lines if one.plugin == "coupons"]
    assert (line.amount.amount, line.payer) == (800, "provider")


@pytest.mark.parametrize("each", [1, 2])
def test_a_party_uses_a_coupon_so_often(school: School, each: int) -> None:
    """After so many uses of one party it gives that party nothing, and says so; others still
    have it."""
    coupon = issue(school, uses_each=each)
    for day in range(each):
        book(school, quote(school, "TEN", days=3 + day))
    made = quote(school, "TEN", days=9)
    assert given(made) == []
    assert told(school, made) == [f"coupon TEN is for {counted(each, 'time')} each"]
    assert given(quote(school, "TEN", who=school.bea)) == [("TEN", 400)]
    assert CouponDesk(school.market).get(coupon.id, by=OPERATOR).used == each


def test_a_coupon_is_used_up(school: School) -> None:
    """When all uses are had, a price says so, and carries no line."""
    issue(school, uses=1)
    book(school, quote(school, "TEN"))
    made = quote(school, "TEN", who=school.bea, days=4)
    assert (given(made), told(school, made)) == ([], ["coupon TEN is used up"])


def test_a_first_deal_is_the_first(school: School) -> None:
    """Who has a deal, or had one, is no first customer; who only asked, or whose only deal came to
    nothing, still is."""
    issue(school, "FIRST", first_deal=True, uses_each=None)
    quote(school)
    lesson = book(school, quote(school, "FIRST"))
    made = quote(school, "FIRST", days=5)
    assert (given(made), told(school, made)) == ([], ["coupon FIRST is for a first deal"])
    school.market.transactions.take(lesson.id, "withdraw", by=school.ana)
    assert given(quote(school, "FIRST", days=6)) == [("FIRST", 400)]


def test_what_does_not_go_together_is_chosen_for_the_customer(school: School) -> None:
    """Of one that stands alone and two that go together the customer gets whichever gives more,
    and hears of the others."""
    issue(school, "ALONE", amount=Money(700, "EUR"))
    issue(school, "ONE", amount=Money(300, "EUR"), stackable=True)
    issue(school, "TWO", amount=Money(300, "EUR"), stackable=True)
    made = quote(school, "ONE", "ALONE", "TWO")
    assert given(made) == [("ALONE", 700)]
    assert told(school, made) == [
        f"coupon {code} gives less than what it does not go together with"
        for code in ("ONE", "TWO")
    ]
    issue(school, "MORE", amount=Money(200, "EUR"), stackable=True)
    made = quote(school, "ONE", "ALONE", "TWO", "MORE")
    assert given(made) == [("MORE", 200), ("ONE", 300), ("TWO", 300)]


@pytest.mark.invariant(18)
@pytest.mark.behaviour("C2")
def test_who_bears_what() -> None:
    """A platform's coupon leaves provider, tax office and commission as they were. A provider's
    lowers its price, the tax on it by the same share, and the commission; not the operator's own
    fee."""
    school = open_school("sqlite://", Vat(), Coupons())
    issue(school, "OURS", amount=Money(1_000, "EUR"))
    issue(school, "TOMS", amount=Money(1_000, "EUR"), by=school.tutor)

    def parts(made: Quote) -> dict[str, int]:
        return {
            role: sum(
                one.amount.amount * ((one.payee == role) - (one.payer == role))
                for one in made.lines
            )
            for role in ("customer", "provider", "tax", "operator")
        }

    plain, ours, toms = quote(school), quote(school, "OURS"), quote(school, "TOMS")
    assert parts(plain) == {"customer": -5_300, "provider": 3_600, "tax": 1_000, "operator": 700}
    assert parts(ours) == {"customer": -4_300, "provider": 3_600, "tax": 1_000, "operator": -300}
    # 1000 over 4000 and 1000: 800 off the price, 200 off the tax, 80 off the commission of 400
    assert parts(toms) == {"customer": -4_300, "provider": 2_880, "tax": 800, "operator": 620}
    because = [one.text for one in school.market.why.quote(toms.id, by=school.ana)]
    assert "EUR 8.00 off by coupon TOMS, borne by the provider" in because
    assert "EUR 2.00 less for the tax: the price is lower by coupon TOMS" in because
    school.market.close()


@pytest.mark.attack(22)
def test_stacked_coupons_stop_at_the_platform_s_minimum() -> None:
    """Coupons above the whole price leave the platform's minimum to pay, each says what it gave,
    and the deal is booked at that price."""
    school = open_school("sqlite://", Coupons(least={"EUR": 100}))
    for code, amount in (("A", 3_000), ("B", 3_000), ("C", 3_000)):
        issue(school, code, amount=Money(amount, "EUR"), stackable=True)
    made = quote(school, "C", "B", "A")
    assert made.payin == Money(100, "EUR")
    assert given(made) == [("A", 3_000), ("B", 900)]
    assert told(school, made) == [
        "coupon B gives EUR 9.00 of its EUR 30.00: there is no more to take off",
        "coupon C gives nothing: there is no more to take off",
    ]
    lesson = book(school, made)
    desk = CouponDesk(school.market)
    used = {one.code: one.used for one in desk.list(by=OPERATOR)}
    assert used == {"A": 1, "B": 1, "C": 0}
    (terms,) = school.market.transactions.terms(lesson.id, by=school.ana)
    assert [one.code for one in terms.reasons] == ["coupon_cut", "coupon_nothing_left"]
    school.market.close()
