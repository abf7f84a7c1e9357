"""The coupons plugin: an operator's settings, answering hooks that any plugin may answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import field, frozen

from marketplace import (
    MARKETPLACE,
    PRICE,
    Bring,
    Event,
    InvalidInput,
    MoneyKind,
    PricingQuestion,
    Proposal,
    Reason,
    TableBranch,
    Work,
    hookimpl,
)
from marketplace import Terms as AgreedTerms
from marketplace.plugins.coupons import baskets, conditions, kept, redeeming
from marketplace.plugins.coupons.coupon import Coupon, Presented, Redemption
from marketplace.plugins.coupons.discounts import RULE, Terms, discount, discounted
from marketplace.plugins.coupons.tables import metadata
from marketplace.plugins.coupons.words import ENGLISH, NEPALI

NAME = "coupons"
PASSES_THROUGH = ("tip", "toll", "dues")


def _amounts(instance: object, attribute: object, value: Mapping[str, int]) -> None:
    if any(type(one) is not int or one < 0 for one in value.values()):
        raise InvalidInput(f"say minor units, zero or more, for each currency: {dict(value)}")


def _coins(instance: object, attribute: object, value: Mapping[str, int]) -> None:
    if any(type(one) is not int or one < 1 for one in value.values()):
        raise InvalidInput(f"a coin is one minor unit or more: {dict(value)}")


@frozen
class Coupons:
    """Discounts by code, for every vertical; give it after the verticals.

    A customer puts codes to a request (``CouponDesk.present``); every price of the request then
    carries their lines, or a reason for each code that gives nothing.
    """

    not_on: tuple[str, ...] = ("cancellation", "no_show")
    """Occasions on which a coupon gives nothing, unless it says otherwise when it is issued: a fee
    is then paid whole, and the coupon may be used again."""
    again_on: tuple[str, ...] = ("correction",)
    """Occasions of a follow-up on which the deal itself is priced again, with its discounts."""
    each_on: tuple[str, ...] = ("month",)
    """Occasions that each price one part of the deal: an amount is given over all of them once."""
    except_codes: tuple[str, ...] = PASSES_THROUGH
    """Codes of lines that no coupon lowers: what only passes through."""
    purse: str = PRICE
    """The purse whose lines are discounted."""
    more_purses: tuple[str, ...] = ("balance",)
    """Purses of the rest of the same price, such as a second instalment: a share is taken of each,
    an amount of these as far as the first left it."""
    least: Mapping[str, int] = field(factory=dict, validator=_amounts)
    """Currency to minor units: what a customer pays whatever its coupons say; else zero."""
    coins: Mapping[str, int] = field(factory=dict, validator=_coins)
    """Currency to the smallest coin in minor units: a share is rounded down to it."""
    most_codes: int = 5
    """Codes that may be put to one request."""
    name: str = field(default=NAME, init=False)

    @property
    def terms(self) -> Terms:
        """What is said of every discount."""
        return Terms(
            self.purse, self.more_purses, frozenset(self.except_codes), self.least, self.coins
        )

    @hookimpl
    def bring(self) -> Bring:
        """The rule of a discount, its words, the tables and what the desk answers with."""
        versions = Path(__file__).parent / "versions"
        return Bring(
            rules={RULE: discount},
            words={"en": ENGLISH, "ne": NEPALI},
            tables=(TableBranch(NAME, versions, metadata),),
            answers=(Coupon, Presented, Redemption),
            erases=kept.erase,
        )

    @hookimpl
    def propose_lines(self, question: PricingQuestion) -> Proposal | None:
        """The discounts of what was presented; later, of what was redeemed."""
        if question.transaction is None:
            return self._first(question)
        return self._again(question) if question.row is not None else None

    def _first(self, question: PricingQuestion) -> Proposal | None:
        """The price before the deal: each code is looked at, and gives lines or a reason."""
        request, work = question.request, question.work
        codes = () if request is None else kept.presented(work, request.id)
        if not codes:
            return None
        if len(question.parts) < 2:
            good, reasons = self._good(question, codes)
            done, left = conditions.together(good, question, self.terms)
            return Proposal(done.lines, (*reasons, *left, *done.reasons))
        asked = baskets.views(question)
        each = [self._good(one, codes) for one in asked]
        shares, left = conditions.together_in_a_basket(
            [mine for mine, _ in each], asked, self.terms
        )
        mine = shares[question.place]
        return Proposal(mine.lines, (*each[question.place][1], *left, *mine.reasons))

    def _good(
        self, question: PricingQuestion, codes: Sequence[str]
    ) -> tuple[list[Coupon], list[Reason]]:
        """The coupons that are good here, and why others are not."""
        provider = question.provider_id
        if question.listing is not None:
            provider = question.listing.provider_id
        owners = [MARKETPLACE, *([provider] if provider else [])]
        found = conditions.meant(kept.by_codes(question.work, codes, owners), codes, provider)
        reasons: list[Reason] = []
        good: list[Coupon] = []
        for code in codes:
            coupon = found.get(code)
            if coupon is None:
                # Somebody else's, who serves another listing: it is no secret to who presented it.
                reasons.append(Reason("coupon_not_for_this", {"coupon": code}))
                continue
            no = conditions.against(coupon, question, self.terms)
            if no is None:
                good.append(coupon)
            else:
                reasons.append(no)
        return good, reasons

    def _again(self, question: PricingQuestion) -> Proposal | None:
        """The price on a row of the deal: what was redeemed is not questioned again."""
        deal = question.transaction
        assert deal is not None
        priced_again = question.occasion in self.again_on or self._taken_back(question)
        if deal.origin_id is not None and not priced_again:
            return None
        home = deal.origin_id or deal.id
        coupons = self._lasting(question, home)
        without = [one for one in coupons if question.occasion in one.not_on]
        reasons = [
            Reason("coupon_not_on", {"coupon": one.code, "occasion": question.occasion})
            for one in without
        ]
        giving = [one for one in coupons if one not in without]
        if question.occasion in self.each_on:
            before = redeeming.given(question.work, home, self.terms.purses)
            rests = [one.less(before.get(one.id, 0)) for one in giving]
            giving = [one for one in rests if one is not None]
        giving = self._shares(question, home, giving)
        done = discounted(question.lines, giving, question.currency, self.terms)
        return Proposal(done.lines, (*reasons, *done.reasons))

    def _taken_back(self, question: PricingQuestion) -> bool:
        """Whether the row undoes a settlement that had discounts in it: what is settled anew in its
        stead has them too, or their payer would keep what it owes."""
        effects = () if question.row is None else question.row.effects
        undone = {(getattr(one, "kind", None), getattr(one, "purse", None)) for one in effects}
        return any((MoneyKind.REVERSE, purse) in undone for purse in self.terms.purses)

    def _shares(
        self, question: PricingQuestion, home: str, coupons: Sequence[Coupon]
    ) -> list[Coupon]:
        """Of what was shared out over a basket, this deal's share."""
        assert question.transaction is not None
        if not question.transaction.items:
            return list(coupons)
        agreed = question.work.find(AgreedTerms, transaction_id=home, version=1)
        assert agreed is not None, f"{home} has no terms"
        lines, currency = (agreed.lines, question.lines), question.currency
        shares = [baskets.left_of(one, *lines, currency, self.terms) for one in coupons]
        return [one for one in shares if one is not None]

    def _lasting(self, question: PricingQuestion, home: str) -> list[Coupon]:
        """What was redeemed and not given back; at the opening itself, what it is opened on."""
        uses = kept.redemptions_in(question.work, home)
        ids = [one.coupon_id for one in uses if one.state != "restored"]
        if not uses and question.terms is not None:
            ids = [one.inputs["id"] for one in question.terms.lines if one.rule == RULE]
        return kept.by_ids(question.work, ids)

    @hookimpl
    def hear_event(self, event: Event, work: Work) -> None:
        """Count a use when a deal opens, and give it back when the deal comes to nothing."""
        redeeming.hear(event, work)
