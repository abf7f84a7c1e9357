"""``marketplace demo goods --orders DIR``: real orders of many sellers, each played to its end."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from marketplace import DAY, InvalidInput, Money, counted, money_text
from marketplace.demo import left
from marketplace.demo.left import Unfit
from marketplace.demo.progress import bar
from marketplace.demo.screen import facts, say
from marketplace.plugins.goods.demo.left import ORDERS
from marketplace.plugins.goods.demo.olist import OrderPolicy, Replayed
from marketplace.plugins.goods.demo.olist.replay import Replay
from marketplace.plugins.goods.demo.olist.whole import replayed
from marketplace.plugins.goods.demo.picture import Scene, Spot, marks, picture

STEPS = 1_000
"""Of the bar: how many orders there are is known once they are read."""
SOURCE = "Brazilian e-commerce, published by Olist"
CITIES = (
    ("São Paulo", -23.55, -46.63), ("Rio de Janeiro", -22.91, -43.17),
    ("Belo Horizonte", -19.92, -43.94), ("Brasília", -15.79, -47.88),
    ("Salvador", -12.97, -38.50), ("Recife", -8.05, -34.88), ("Manaus", -3.12, -60.02),
    ("Porto Alegre", -30.03, -51.22),
)  # fmt: skip
"""Named on the map: public places, to some kilometres."""


def demonstrate(
    orders: Path,
    *,
    most: int | None,
    patience: int | None,
    seed: int,
    database: str | None,
    picture_at: Path | None,
    language: str,
    quiet: bool,
) -> dict[str, Any]:
    """Run it, print it unless ``quiet``, and give what the table says as plain values."""
    url = left.begin(ORDERS, database)
    policy = OrderPolicy() if patience is None else OrderPolicy(patience=patience * DAY)
    try:
        with (
            bar("orders", STEPS, quiet=quiet) as show,
            replayed(
                orders,
                # Many short units of work: in memory unless somebody wants to keep them.
                url=url if database else "sqlite://",
                seed=seed,
                most=most,
                policy=policy,
                progress=lambda done, of, said: show(done * STEPS // of, said),
            ) as (told, replay),
        ):
            drawn = picture(_scene(told, replay))
    except InvalidInput as error:
        raise Unfit(str(error)) from None
    if database:
        file = left.leave(ORDERS, url, policy.zone, drawn, picture_at)
    else:
        file = picture_at or left.folder() / f"demo-{ORDERS}.svg"
        file.write_text(drawn, encoding="utf-8")
    if not quiet:
        played = counted(told.orders, "real order")
        facts(f"{told.folder}: {played} ({SOURCE})", told.table(language))
        say(f"\nthe picture: {file}")
        say(f"the marketplace: {database or 'in memory; name --database to keep it'}")
    return told.as_data() | {"url": database, "picture": str(file)}


def _scene(told: Replayed, replay: Replay) -> Scene:
    def money(amount: int) -> str:
        return money_text(Money(amount // 100 * 100, told.currency)).removesuffix(".00")

    late = f"{100 * told.late / told.came:.1f} %" if told.came else "–"
    first, last = told.weeks[0][0], told.weeks[-1][0]
    most = max(amount for _, amount in told.weeks)
    return Scene(
        title="Real orders of many sellers, through the engine",
        subtitle=f"{told.orders:,} orders, {first:%B %Y} to {last:%B %Y}",
        weeks=told.weeks,
        money={amount: money(amount) for amount in marks(most)},
        sold=[one.sold for one in told.sellers],
        states=sorted(told.states.items(), key=lambda one: -one[1]),
        facts=(
            (money(told.sold), "sold, with freight"),
            (f"{told.deals:,}", "deals, one a seller"),
            (f"{len(told.sellers):,}", "sellers"),
            (money(told.commission), "commission"),
            (money(told.paid_out), "paid out to sellers"),
            (late, "came later than promised"),
        ),
        customers=_spots(replay, _ordered(replay)),
        sellers=_spots(replay, _sent(replay)),
        names=CITIES if replay.books.places else (),
        source=(
            f"{SOURCE}; postcodes at their centres. Every payment, refund and payout was made by "
            "the marketplace, and its ledger says what the files say, to the cent."
        ),
    )


def _ordered(replay: Replay) -> Counter[str]:
    return Counter(life.order.person.zip for life in replay.lives if life.deals)


def _sent(replay: Replay) -> Counter[str]:
    found = Counter[str]()
    for life in replay.lives:
        if life.deals:
            for one in life.order.items:
                found[replay.books.sellers[one.ware.seller][0]] += one.quantity
    return found


def _spots(replay: Replay, much: Counter[str]) -> list[Spot]:
    places = replay.books.places
    return [Spot(*places[code], count) for code, count in sorted(much.items()) if code in places]
