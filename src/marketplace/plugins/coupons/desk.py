"""The verbs of coupons: issued, withdrawn and shown by who pays, presented by customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

from attrs import evolve, frozen

from marketplace import (
    MARKETPLACE,
    OPERATOR,
    PROVIDER,
    Act,
    Actor,
    Conflict,
    InvalidInput,
    Listing,
    Marketplace,
    Money,
    NotFound,
    Page,
    Party,
    Request,
    Role,
    SetupError,
    View,
)
from marketplace.plugins.coupons import conditions, kept
from marketplace.plugins.coupons.codes import drawn, sameness, text, texts, written
from marketplace.plugins.coupons.coupon import Coupon, CouponState, Presented, Redemption, checked
from marketplace.plugins.coupons.plugin import NAME, Coupons

By = Actor | Party | Role | str


@frozen
class CouponDesk:
    """What people do with the coupons of one marketplace, each time like any other command."""

    market: Marketplace

    @property
    def plugin(self) -> Coupons:
        """The marketplace's coupons; raises ``SetupError`` where it has none."""
        found = self.market.context.hooks.plugins.get(NAME)
        if not isinstance(found, Coupons):
            raise SetupError("this marketplace has no coupons; open it with Coupons()")
        return found

    def issue(
        self,
        code: str | None = None,
        *,
        by: By,
        bp: int | None = None,
        amount: Money | None = None,
        at_most: Money | None = None,
        minimum: Money | None = None,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        uses: int | None = None,
        uses_each: int | None = 1,
        verticals: Sequence[str] = (),
        listings: Sequence[str] = (),
        first_deal: bool = False,
        stackable: bool = False,
        not_on: Sequence[str] | None = None,
        key: str | None = None,
    ) -> Coupon:
        """Promise a discount: of a share (``bp``) or an ``amount``, to whoever knows the code.

        The operator's are paid by the operator; a party's own by itself, for its listings alone.
        Without a ``code`` one is drawn that nobody guesses. ``not_on`` replaces the plugin's.
        Raises ``InvalidInput``, and ``Conflict`` for a code that one has already.
        """
        body: dict[str, Any] = {
            "code": code, "bp": bp, "amount": amount, "at_most": at_most, "minimum": minimum,
            "starts_at": starts_at, "ends_at": ends_at, "uses": uses, "uses_each": uses_each,
            "verticals": verticals, "listings": listings, "first_deal": first_deal,
            "stackable": stackable, "not_on": not_on,
        }  # fmt: skip
        code = None if code is None else written(code)
        lists = {"verticals": verticals, "listings": listings}
        lists["not_on"] = self.plugin.not_on if not_on is None else not_on
        terms = {**body, **{name: texts(value, name) for name, value in lists.items()}}
        del terms["code"]

        def do(act: Act) -> Coupon:
            provider = _issuer(act)
            coupon = Coupon(
                id=act.new("coupon"),
                code=drawn(act.context.random.randrange) if code is None else code,
                payer=OPERATOR.name if provider is None else PROVIDER.name,
                provider_id=provider,
                created_at=act.at,
                **terms,
            )
            _check_targets(act, checked(coupon))
            if not kept.add(act.work, coupon):
                raise Conflict(
                    f"you have a coupon that reads like {coupon.code}; take another code",
                    code="coupon_taken",
                    params={"coupon": coupon.code},
                )
            act.about(coupon.id)
            act.emit("coupon.issued", coupon.id, {"code": coupon.code}, [provider])
            return coupon

        return self.market.run(f"{NAME}.issue", by, do, body=body, key=key)

    def withdraw(self, coupon_id: str, *, by: By, key: str | None = None) -> Coupon:
        """Nobody may use it any more; deals that did go on as agreed. Withdrawing twice is one."""

        def do(act: Act) -> Coupon:
            coupon = _own(
                kept.by_ids(act.work, [text(coupon_id, "a coupon's id")]),
                coupon_id,
                act.actor.party_id,
            )
            act.about(coupon.id, coupon)
            if kept.withdraw(act.work, coupon.id):
                data = {"code": coupon.code}
                act.emit("coupon.withdrawn", coupon.id, data, [coupon.provider_id])
            return evolve(coupon, state="withdrawn")

        return self.market.run(f"{NAME}.withdraw", by, do, body={"coupon": coupon_id}, key=key)

    def present(
        self, request_id: str, codes: Sequence[str], *, by: By, key: str | None = None
    ) -> Presented:
        """Put codes to one's open request, instead of those it had; prices made from now on
        carry their lines, or a reason for each that gives nothing.

        Raises ``NotFound`` for a code that nobody may know of, with its reason: that counts
        with all that the party looked for in vain, so codes cannot be guessed.
        """
        asked = list(texts([codes] if isinstance(codes, str) else codes, "codes"))
        text(request_id, "a request's id")

        def do(act: Act) -> Presented:
            request = _open_request(act, request_id)
            act.about(request.id, request)
            most = self.plugin.most_codes
            if len(asked) > most:
                raise InvalidInput(f"a request takes {most} codes at most, not {len(asked)}")
            shown = list({sameness(one): one for one in map(written, asked)}.values())
            _refuse_unknown(act, request, shown)
            presented = Presented(request.id, tuple(shown), act.at)
            kept.present(act.work, presented)
            return presented

        body = {"request": request_id, "codes": asked}
        return self.market.run(f"{NAME}.present", by, do, body=body, key=key)

    def get(self, coupon_id: str, *, by: By) -> Coupon:
        """A coupon of one's own, with how often it is used; the operator sees all."""
        with self.market.read(by) as view:
            return _seen(view, coupon_id)

    def list(
        self,
        *,
        by: By,
        provider: str | None = None,
        state: CouponState | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Coupon]:
        """One's own coupons; the operator sees all, or a ``provider``'s."""
        with self.market.read(by) as view:
            view.check_limit(limit)
            _check_state(state)
            _check_cursor(after)
            owner = view.own(text(provider, "a provider's id")) if provider is not None else None
            if not view.operator and provider is None:
                owner = view.party_id
            found = kept.page(view.work, owner=owner, state=state, after=after, limit=limit + 1)
            items = tuple(found[:limit])
            return Page(items, items[-1].id if len(found) > limit else None)

    def redemptions(
        self, coupon_id: str, *, by: By, after: str | None = None, limit: int = 50
    ) -> Page[Redemption]:
        """Where a coupon was used, and what became of it; for who pays for it."""
        with self.market.read(by) as view:
            view.check_limit(limit)
            _check_cursor(after)
            coupon = _seen(view, coupon_id)
            found = kept.redemptions_of(view.work, coupon.id, after=after, limit=limit + 1)
            items = tuple(found[:limit])
            return Page(items, items[-1].transaction_id if len(found) > limit else None)


def _check_state(state: object) -> None:
    if state is not None and (not isinstance(state, str) or state not in get_args(CouponState)):
        raise InvalidInput(f"a coupon is {' or '.join(get_args(CouponState))}, not {state!r:.50}")


def _check_cursor(after: object) -> None:
    if after is not None:
        text(after, "a cursor")


def _issuer(act: Act) -> str | None:
    """The provider that issues and pays; None for the operator."""
    if act.actor.role == OPERATOR:
        return None
    return act.party().id


def _check_targets(act: Act, coupon: Coupon) -> None:
    """A coupon names verticals that there are, and listings of whoever pays for them."""
    for vertical in coupon.verticals:
        act.context.vertical(vertical)
    for listing_id in coupon.listings:
        listing = act.work.find(Listing, id=listing_id)
        if listing is None or coupon.provider_id not in (None, listing.provider_id):
            raise NotFound(f"no listing {listing_id!r}")


def _own(found: Sequence[Coupon], coupon_id: str, party_id: str | None) -> Coupon:
    if not found or party_id not in (None, found[0].provider_id):
        raise NotFound(f"no coupon {coupon_id!r}")
    return found[0]


def _seen(view: View, coupon_id: str) -> Coupon:
    text(coupon_id, "a coupon's id")
    return _own(kept.by_ids(view.work, [coupon_id]), coupon_id, view.actor.party_id)


def _open_request(act: Act, request_id: str) -> Request:
    request = act.work.find(Request, id=request_id)
    if request is None or act.actor.party_id not in (None, request.customer_id):
        raise NotFound(f"no request {request_id!r}")
    if request.state != "open":
        raise Conflict(f"codes are put to an open request, this is {request.state}")
    return request


def _refuse_unknown(act: Act, request: Request, codes: Sequence[str]) -> None:
    """What never was, is not yet, or is no more, is told alike."""
    owners: Sequence[str] = ()
    if request.listing_id is not None:
        owners = (MARKETPLACE, act.work.get(Listing, request.listing_id).provider_id)
    found = kept.by_codes(act.work, codes, owners)
    good = {sameness(one.code) for one in found if conditions.begun(one, act.at)}
    unknown = [code for code in codes if sameness(code) not in good]
    if unknown:
        raise NotFound(
            f"no coupon {', '.join(unknown)}",
            code="coupon_unknown",
            params={"coupon": unknown[0]},
            reasons=tuple(conditions.unknown(code) for code in unknown),
        )
