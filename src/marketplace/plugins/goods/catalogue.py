"""The catalogue: one article, several sellers, and the rule that picks one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen

from marketplace import (
    OPERATOR,
    PROVIDER,
    Act,
    Actor,
    Conflict,
    InvalidInput,
    Item,
    Listing,
    Marketplace,
    Match,
    NotFound,
    Party,
    PricedItem,
    Reason,
    Reputation,
    Request,
    Resource,
    Role,
    SetupError,
    SoldOut,
    Work,
    customer_owes,
)
from marketplace.plugins.goods import kept
from marketplace.plugins.goods.article import Article
from marketplace.plugins.goods.buybox import Candidate, Picking, Ranked, discreet, rank
from marketplace.plugins.goods.metrics import measured
from marketplace.plugins.goods.plugin import Goods
from marketplace.plugins.goods.pricing import Tariff
from marketplace.plugins.goods.steps import STOCK
from marketplace.plugins.goods.wanted import Basket, wanted_of

By = Actor | Party | Role | str
GTINS = (8, 12, 13, 14)
"""Digits that a number of world trade may have."""
AT_ONCE = 500
"""Listings of an article that are read at once; all are looked at, however many there are."""


@frozen
class _Wish:
    """So many of an article, where they go, and in which currency they are paid."""

    article: Article
    quantity: int = field()
    country: str | None = field()
    currency: str | None

    @quantity.validator
    def _one_or_more(self, attribute: object, value: object) -> None:
        if type(value) is not int or value < 1:
            raise InvalidInput(f"a quantity is a whole number from 1 on, not {value!r:.50}")

    @country.validator
    def _a_code(self, attribute: object, value: object) -> None:
        if value is not None and not isinstance(value, str):
            raise InvalidInput(f"a country is a code of two letters, not {value!r:.50}")


@frozen
class Catalogue:
    """What people do with the catalogue of one marketplace."""

    market: Marketplace
    trade: str = "goods"

    def __attrs_post_init__(self) -> None:
        _ = self.plugin

    @property
    def plugin(self) -> Goods:
        """The marketplace's goods; raises ``SetupError`` where they have no catalogue."""
        found = self.market.context.hooks.plugins.get(self.trade)
        if not isinstance(found, Goods) or found.catalogue is None:
            raise SetupError("this marketplace has no catalogue; open it with Goods(catalogue=…)")
        return found

    @property
    def picking(self) -> Picking:
        """What days and stars are worth here."""
        picking = self.plugin.catalogue
        assert picking is not None
        return picking

    def add(
        self, name: str, *, by: By, category: str, gtin: str | None = None, key: str | None = None
    ) -> Article:
        """Put an article into the catalogue, for every seller to hold out.

        Raises ``Conflict`` for a name that reads like another article's, or a number that another
        one has; ``InvalidInput`` for a number that is none.
        """
        for what, value in (("a name", name), ("a category", category)):
            if not isinstance(value, str) or not 1 <= len(value.strip()) <= 200:
                raise InvalidInput(f"{what} has 1 to 200 letters")
        if gtin is not None and not is_gtin(gtin):
            raise InvalidInput(f"a GTIN has 8, 12, 13 or 14 digits, the last a check: {gtin!r}")

        def do(act: Act) -> Article:
            author = "" if act.actor.role == OPERATOR else act.party().id
            number = None if gtin is None else _shortest(gtin)
            article = Article(
                act.new("article"), name.strip(), category.strip(), number, author, act.at
            )
            if not kept.add(act.work, article):
                raise Conflict(
                    f"the catalogue has an article that reads like {name!r}, or its number",
                    code="goods_article_taken",
                )
            act.about(article.id)
            act.emit("article.added", article.id, {"name": article.name}, [author or None])
            return article

        body = {"name": name, "category": category, "gtin": gtin}
        return self.market.run(f"{self.trade}.add_article", by, do, body=body, key=key)

    def get(self, article_id: str, *, by: By) -> Article:
        """An article of the catalogue."""
        with self.market.read(by) as view:
            return _known(view.work, article_id)

    def sellers(
        self,
        article_id: str,
        *,
        by: By,
        quantity: int = 1,
        country: str | None = None,
        currency: str | None = None,
    ) -> Sequence[Ranked]:
        """Who holds it out, in the order in which a buyer of so many is shown them.

        Each with how its place came about, or with every reason why it cannot be had there; of a
        seller's level and figures others than he hear what they count, not what they are. Prices
        in several currencies are not compared: raises ``InvalidInput`` unless one is named.
        """
        with self.market.read(by) as view:
            wish = _Wish(_known(view.work, article_id), quantity, country, currency)
            buyer = None if view.operator else view.party_id
            ranked = self._ranked(view.work, view.context.now(), wish, buyer)
            return [one if view.own(one.provider_id) else discreet(one) for one in ranked]

    def want(
        self,
        article_id: str,
        *,
        by: By,
        quantity: int = 1,
        attributes: Mapping[str, Any] | None = None,
        currency: str | None = None,
        key: str | None = None,
    ) -> Request:
        """Ask for so many of the seller who is picked; what stood for and against each is kept.

        Raises ``SoldOut`` where nobody has it, with every seller's reasons; ``InvalidInput`` where
        it is held out in several currencies and none is named.
        """
        country = _goes_to(attributes)

        def do(act: Act) -> Request:
            wish = _Wish(_known(act.work, article_id), quantity, country, currency)
            ranked = self._ranked(act.work, act.at, wish, act.party().id)
            picked = next((one for one in ranked if one.chosen), None)
            if picked is None:
                told = {one.provider_id: [why.code for why in one.reasons] for one in ranked}
                raise SoldOut(f"nobody sells {quantity} of this article now", params={"why": told})
            request = self.market.requests.open(
                self.trade,
                by=by,
                currency=act.work.get(Listing, picked.listing_id).currency,
                items=[Item(picked.listing_id, quantity)],
                attributes=attributes,
            )
            act.about(request.id)
            act.work.add(
                *(
                    Match(
                        request.id,
                        one.listing_id,
                        one.score,
                        one.eligible,
                        tuple(one.reasons),
                        one.chosen,
                    )
                    for one in ranked
                )
            )
            return request

        body = {"article": article_id, "quantity": quantity, "attributes": attributes}
        body |= {} if currency is None else {"currency": currency}
        return self.market.run(f"{self.trade}.want", by, do, body=body, key=key)

    def _ranked(self, work: Work, at: datetime, wish: _Wish, buyer: str | None) -> Sequence[Ranked]:
        found = list(self._candidates(work, at, wish, buyer))
        currencies = sorted({one.currency for one in found if not one.against})
        if len(currencies) > 1:
            raise InvalidInput(
                f"this article is sold in {' and in '.join(currencies)}; name the currency",
                code="goods_several_currencies",
                params={"known": currencies},
            )
        return rank(found, self.picking)

    def _candidates(
        self, work: Work, at: datetime, wish: _Wish, buyer: str | None
    ) -> Iterable[Candidate]:
        named = kept.listings_of(work, wish.article.id)
        for start in range(0, len(named), AT_ONCE):
            where = {"id": named[start : start + AT_ONCE], "state": "published"}
            held_out = work.select(Listing, where, limit=AT_ONCE)
            yield from self._of_some(work, at, wish, buyer, held_out)

    def _of_some(
        self, work: Work, at: datetime, wish: _Wish, buyer: str | None, held_out: Sequence[Listing]
    ) -> Iterable[Candidate]:
        goods = self.plugin
        owners = sorted({one.provider_id for one in held_out})
        parties = work.select(Party, {"id": owners}, limit=AT_ONCE)
        active = {one.id for one in parties if one.state == "active"}
        stars, left = _stars(work, owners), _left(work, held_out)
        done = self._done(work, at, owners)
        for listing in held_out:
            item = PricedItem(1, Item(listing.id, wish.quantity), listing)
            basket = Basket([wanted_of(item)], wish.country)
            against = list(basket.refusals(goods.freight, at))
            if listing.provider_id not in active:
                against.append(Reason("goods_seller_away"))
            if listing.provider_id == buyer:
                against.append(Reason("goods_your_own"))
            if wish.currency not in (None, listing.currency):
                against.append(Reason("goods_other_currency", {"currency": listing.currency}))
            counted = basket.wanted[0].kind == "" and not basket.wanted[0].product.variants
            if counted and left.get(listing.id, 0) < wish.quantity:
                params = {"left": left.get(listing.id, 0), "wanted": wish.quantity}
                against.append(Reason("goods_too_few_left", params))
            owed = 0
            if not against:
                tariff = Tariff(goods.freight, goods.taxes, goods.name)
                lines = tariff.lines(basket, listing.currency)
                owed = customer_owes(lines, listing.currency).amount
            yield Candidate(
                listing.id,
                listing.provider_id,
                owed,
                listing.currency,
                basket.wanted[0].lead_days,
                stars.get(listing.provider_id),
                against,
                *done.get(listing.provider_id, (None, {})),
            )

    def _done(
        self, work: Work, at: datetime, owners: Sequence[str]
    ) -> Mapping[str, tuple[str | None, Mapping[str, int]]]:
        """Each seller's level and shares, where the picking looks at them."""
        levels, figures = self.plugin.levels, self.picking.figures_bp
        if levels is None or not (figures or self.picking.levels_bp):
            return {}
        found = [measured(work, owner, levels.window, at.date()) for owner in owners]
        return {
            one.party_id: (levels.of(one)[0], {name: one.share_bp(name) for name in figures})
            for one in found
        }


def _known(work: Work, article_id: str) -> Article:
    found = kept.article(work, article_id)
    if found is None:
        raise NotFound(f"no article {article_id!r} in the catalogue")
    return found


def _stars(work: Work, owners: Sequence[str]) -> Mapping[str, int | None]:
    where = {"party_id": owners, "role": PROVIDER.name}
    found = work.select(Reputation, where, order="party_id", limit=AT_ONCE)
    return {one.party_id: one.weighted_hundredths or one.mean_hundredths for one in found}


def _left(work: Work, listings: Sequence[Listing]) -> Mapping[str, int]:
    """How many are left of each that is not sold in variants, of which one must be named."""
    where = {"listing_id": [one.id for one in listings], "name": STOCK, "option": ""}
    counts = work.select(Resource, where, limit=AT_ONCE)
    used = work.claims.used([one.id for one in counts])
    return {one.listing_id: one.capacity - used[one.id] for one in counts}


def _goes_to(attributes: object) -> str | None:
    """The country that a wish names, if it names one; raises ``InvalidInput`` for what is none."""
    said = {} if attributes is None else attributes
    where = said.get("ship_to", {}) if isinstance(said, Mapping) else None
    if not isinstance(where, Mapping):
        raise InvalidInput("attributes are a mapping, and ship_to is one with a country in it")
    country: str | None = where.get("country")
    return country


def _shortest(gtin: str) -> str:
    """The number as it is compared: zeros before it make no other number of it."""
    digits = gtin.lstrip("0")
    return digits.zfill(next(most for most in GTINS if len(digits) <= most))


def is_gtin(text: object) -> bool:
    """Whether it is a number of world trade: 8, 12, 13 or 14 digits, the last of them a check."""
    if not isinstance(text, str) or len(text) not in GTINS:
        return False
    if not (text.isascii() and text.isdigit()):
        return False
    digits = [int(one) for one in reversed(text)]
    return sum(one * (3 if place % 2 else 1) for place, one in enumerate(digits)) % 10 == 0
