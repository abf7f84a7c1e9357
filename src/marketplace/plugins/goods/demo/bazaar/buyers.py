"""Who buys in the bazaar: baskets, samples, a coupon, a painting that is paid in two parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import define, evolve, field

from marketplace import OPERATOR, Item, Money, Party, Pay, Transaction
from marketplace.demo.names import invented
from marketplace.plugins.coupons import CouponDesk
from marketplace.plugins.goods.demo.bazaar.fates import live
from marketplace.plugins.goods.demo.bazaar.town import (
    ABROAD,
    CODE,
    CURRENCY,
    DAYS,
    QUARTERS,
    SHOPS,
    Quarter,
)
from marketplace.plugins.goods.demo.bazaar.trade import Deal, Trade, Ware

HOURS = 24
GOOD, BAD, ASKS = "tok_ok", "tok_declined", "tok_challenged"


def open_shops(trade: Trade) -> None:
    """Every shop joins and holds its articles out."""
    listings = trade.market.listings
    for shop in SHOPS:
        seller = trade.market.parties.join(shop.name, language="ne")
        for article in shop.articles:
            drawn = listings.draft(
                "goods", by=seller, title=article.title, currency=CURRENCY,
                attributes=dict(article.said),
            )  # fmt: skip
            for one in listings.stock(drawn.id, by=seller):
                much = {
                    "stock": article.stock,
                    "samples": article.samples,
                    "group": article.group_stock,
                }.get(one.resource, 0)
                if much:
                    listings.supply(
                        drawn.id, by=seller, resource=one.resource, option=one.option, add=much
                    )
            held_out = listings.publish(drawn.id, by=seller)
            trade.wares.append(Ware(held_out, article, shop, seller))


def invite(trade: Trade, customers: int, opens: datetime) -> None:
    """So many people, each at a moment of the season; towards the feasts they are more."""
    for _ in range(customers):
        share = max(trade.dice.random(), trade.dice.random() * 0.9)
        minutes = int(share * DAYS * HOURS * 60)
        moment = opens.timestamp() + 60 * minutes
        buyer = Buyer(trade, trade.dice.choice(QUARTERS))
        trade.at(datetime.fromtimestamp(moment, opens.tzinfo), buyer.come)


@define(eq=False)
class Buyer:
    """Somebody who comes once, or comes again."""

    trade: Trade
    quarter: Quarter
    party: Party = field(init=False)

    def come(self) -> None:
        """Join, and buy something."""
        trade = self.trade
        self.party = trade.market.parties.join(invented(trade.dice))
        trade.counts["customers"] += 1
        what = trade.draw(
            "wish", basket=12, several=6, sample=3, group=3, painting=1, book=1, abroad=1
        )
        getattr(self, f"_{what}")()

    def _basket(self) -> None:
        self._buy(self._items(self.trade.dice.randint(1, 2)), {"country": "NP"})

    def _several(self) -> None:
        """Of several shops, all or nothing; in the feasts with the bazaar's coupon."""
        items = self._items(self.trade.dice.randint(3, 5))
        codes = (CODE,) if self.trade.draw("coupon", yes=1, no=1) == "yes" else ()
        self._buy(items, {"country": "NP"}, codes)

    def _abroad(self) -> None:
        self._buy(self._items(1), {"country": self.trade.dice.choice(ABROAD)})

    def _sample(self) -> None:
        """A piece to look at; who likes it comes back for more."""
        ware = self.trade.dice.choice([one for one in self.trade.wares if one.article.samples])
        item = Item(ware.listing.id, 1, attributes={"sample": True})
        self._buy([item], {"country": "NP"})
        if self.trade.dice.random() < 0.6:
            self.trade.later(120, 300, self._basket)

    def _group(self) -> None:
        """Cheaper, if enough others want it too; alone where no group is open any more."""
        now = self.trade.now
        open_ones = [
            one
            for one in self.trade.wares
            if "group" in one.article.said
            and now < datetime.fromisoformat(one.article.said["group"]["closes"])
        ]
        if not open_ones:
            return self._basket()
        item = evolve(self._item(self.trade.dice.choice(open_ones)), attributes={"group": True})
        return self._buy([item], {"country": "NP"})

    def _book(self) -> None:
        ware = next(one for one in self.trade.wares if one.article.said.get("digital"))
        self._buy([Item(ware.listing.id)], {"country": "NP"})

    def _painting(self) -> None:
        """Thirty before, seventy when it is shown."""
        ware = next(one for one in self.trade.wares if "parts" in one.article.said)
        purses = ("part1", "part2")
        self._buy([Item(ware.listing.id)], {"country": "NP"}, purses=purses)

    def _items(self, number: int) -> list[Item]:
        """So many different articles, as many pieces of each as their shops sell."""
        dice = self.trade.dice
        plain = [
            one
            for one in self.trade.wares
            if not one.article.said.get("digital") and "parts" not in one.article.said
        ]
        return [self._item(one) for one in dice.sample(plain, number)]

    def _item(self, ware: Ware) -> Item:
        said, dice = ware.article.said, self.trade.dice
        step, least = int(said.get("multiple", 1)), int(said.get("moq", 1))
        variants = [one["key"] for one in said.get("variants", ())]
        wishes = {}
        if ware.article.wish and dice.random() < 0.4:
            wishes = {"custom": {ware.article.wish: dice.choice("ABKMRS") + dice.choice("GKLST")}}
        quantity = least + step * dice.choices((0, 1, 2, 4), (60, 25, 10, 5))[0]
        option = dice.choice(variants) if variants else ""
        return Item(ware.listing.id, quantity, option, attributes=wishes)

    def _buy(
        self,
        items: Sequence[Item],
        ship_to: Mapping[str, str],
        codes: Sequence[str] = (),
        purses: Sequence[str] = ("price",),
    ) -> None:
        self.trade.tries(lambda: self._place(items, ship_to, codes, purses))

    def _place(
        self,
        items: Sequence[Item],
        ship_to: Mapping[str, str],
        codes: Sequence[str],
        purses: Sequence[str],
    ) -> None:
        """One basket, priced seller by seller, and paid by one payment."""
        trade, market = self.trade, self.trade.market
        where = {"ship_to": {**ship_to, "city": self.quarter.name, "name": self.party.name}}
        request = market.requests.open(
            "goods", by=self.party, currency=CURRENCY, items=items, attributes=where
        )
        if codes:
            CouponDesk(market).present(request.id, codes, by=self.party)
            trade.counts["coupons"] += 1
        quotes = market.quotes.make_each(request.id, by=self.party)
        means = trade.draw("card", **{GOOD: 17, BAD: 1, ASKS: 2})
        checkout = market.checkouts.place(
            [one.id for one in quotes],
            by=self.party,
            pay=[Pay("card", means=means, purse=one) for one in purses],
        )
        trade.counts["checkouts"] += 1
        deals = market.checkouts.get(checkout.id, by=self.party).transactions
        if len(deals) > 1:
            trade.counts["several shops"] += 1
            trade.noted.setdefault("several", deals[0].id)
        if means == ASKS:
            # The bank asked the buyer, who answers within minutes.
            trade.later(0.05, 0.3, lambda: self._again(checkout.id))
        elif means == BAD:
            trade.counts["declined"] += 1
        else:
            self._paid(deals)

    def _again(self, checkout: str) -> None:
        market = self.trade.market
        if self.trade.tries(lambda: market.checkouts.pay(checkout, by=self.party)):
            self.trade.counts["paid after the bank asked"] += 1
            self._paid(market.checkouts.get(checkout, by=self.party).transactions)

    def _paid(self, deals: Sequence[Transaction]) -> None:
        """Each shop's part goes its own way now."""
        for one in deals:
            deal = self._known(one)
            self.trade.deals[deal.id] = deal
            live(self.trade, deal)

    def _known(self, one: Transaction) -> Deal:
        pieces = {str(each.number): each.item.quantity for each in one.items}
        ware = next(
            ware for ware in self.trade.wares if ware.listing.id == one.items[0].item.listing_id
        )
        return Deal(one.id, self.party, self.quarter, ware.seller, one.process, pieces)


def promise(trade: Trade) -> None:
    """The bazaar gives a tenth to everybody who knows the code, up to 500 rupees."""
    said: dict[str, Any] = {"bp": 1_000, "at_most": Money(500_00, CURRENCY)}
    CouponDesk(trade.market).issue(CODE, by=OPERATOR, uses_each=1, **said)
