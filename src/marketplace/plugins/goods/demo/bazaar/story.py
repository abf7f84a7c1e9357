"""The bazaar from end to end: the database, the run, the table, the picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from marketplace import ManualClock, Money, counted, money_text
from marketplace.demo import left
from marketplace.demo.progress import bar
from marketplace.demo.screen import say
from marketplace.plugins.goods.demo.bazaar.buyers import invite, open_shops, promise
from marketplace.plugins.goods.demo.bazaar.summary import Sold, sold, summary, weeks
from marketplace.plugins.goods.demo.bazaar.telling import tell
from marketplace.plugins.goods.demo.bazaar.town import (
    BAZAAR,
    CURRENCY,
    DAYS,
    OPENS,
    QUARTERS,
    SHOPS,
    ZONE,
    open_bazaar,
)
from marketplace.plugins.goods.demo.bazaar.trade import Trade
from marketplace.plugins.goods.demo.picture import Scene, Spot, marks, picture


def demonstrate(
    *,
    seed: int,
    customers: int,
    database: str | None,
    picture_at: Path | None,
    language: str,
    quiet: bool,
) -> dict[str, Any]:
    """Run it, print it unless ``quiet``, and give what the table says as plain values."""
    url = left.begin(BAZAAR, database)
    if not quiet:
        last = OPENS + timedelta(days=DAYS)
        say(f"A bazaar of Kathmandu, {OPENS:%d %B} to {last:%d %B %Y}.")
        say(f"Shops and customers are simulated (seed {seed}); the marketplace is real.")
    with bar("the bazaar", customers, quiet=quiet) as show:
        trade = simulate(url, seed, customers, show)
    found = sold(trade)
    told = summary(trade, found) | {"seed": seed, "url": url, "simulated": True}
    file = left.leave(BAZAAR, url, ZONE, picture(_scene(trade, found, told)), picture_at)
    if not quiet:
        shops = counted(len(SHOPS), "shop")
        tell(trade, told, f"{shops}, {counted(customers, 'customer')}, {DAYS} days", language)
        left.tell(file, url, "goods")
    trade.market.close()
    return told | {"picture": str(file)}


def simulate(url: str, seed: int, customers: int, show: Callable[[int, str], None]) -> Trade:
    """The season on the real engine; the same seed gives the same season."""
    clock = ManualClock(left.LONG_AGO)
    market = open_bazaar(url, clock, seed)
    left.check_unused(market, "season")
    opens = datetime(OPENS.year, OPENS.month, OPENS.day, 8, tzinfo=ZoneInfo(ZONE))
    clock.set(opens.astimezone(UTC))
    trade = Trade(market, clock, Random(seed))
    open_shops(trade)
    promise(trade)
    invite(trade, customers, opens)

    def progress() -> None:
        said = f"{trade.now.astimezone(opens.tzinfo):%d %b}  {len(trade.deals):,} deals"
        show(trade.counts["customers"], said)

    trade.run(progress)
    return trade


def _scene(trade: Trade, found: list[Sold], told: dict[str, Any]) -> Scene:
    def money(amount: int) -> str:
        return money_text(Money(amount // 100 * 100, CURRENCY)).removesuffix(".00")

    bars = weeks(found)
    most = max((amount for _, amount in bars), default=0)
    bought = Counter(one.quarter for one in trade.deals.values())
    sold_by = Counter(one.shop.quarter for one in trade.wares if told["shops"].get(one.shop.name))
    for one in sold_by:
        sold_by[one] = sum(told["shops"].get(s.name, 0) for s in SHOPS if s.quarter == one)
    return Scene(
        title="A bazaar of Kathmandu",
        subtitle=(
            f"{OPENS:%d %B} to {OPENS + timedelta(days=DAYS):%d %B %Y}, "
            f"simulated from seed {told['seed']}"
        ),
        weeks=bars,
        money={amount: money(amount) for amount in marks(most)},
        sold=list(told["shops"].values()),
        states=sorted(told["states"].items(), key=lambda one: (-one[1], one[0])),
        facts=(
            (money(told["sold"]), "sold, with freight"),
            (f"{told['counts'].get('checkouts', 0):,}", "baskets checked out"),
            (f"{told['deals']:,}", "deals, one a shop"),
            (money(told["refunds"]), "given back"),
            (money(told["earned"]), "earned by the bazaar"),
            (money(told["paid_out"]), "paid out to shops"),
        ),
        customers=[Spot(one.lat, one.lon, count) for one, count in bought.items()],
        sellers=[Spot(one.lat, one.lon, count) for one, count in sold_by.items()],
        names=[(one.name, one.lat, one.lon) for one in QUARTERS],
        source=(
            "Shops and customers are invented; every price, parcel, refund and payout was made by "
            "the marketplace."
        ),
    )
