"""``marketplace demo goods``: which demo, on which database, with which seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from marketplace.demo.options import as_document, options

FEW = 1_000


@click.command()
@options("bazaar", database="Keep the marketplace there: an empty database.")
@click.option(
    "--customers",
    type=click.IntRange(1, 20_000),
    default=100,
    show_default=True,
    help="People who come to the bazaar.",
)
@click.option(
    "--orders",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Play real orders instead: a folder of Olist's tables, .csv or .csv.gz.",
)
@click.option(
    "--most",
    type=click.IntRange(1, 1_000_000),
    default=FEW,
    show_default=True,
    help="With --orders: only the first so many.",
)
@click.option("--all", "everything", is_flag=True, help="With --orders: all; ten minutes or so.")
@click.option(
    "--patience",
    type=click.IntRange(2, 2_000),
    metavar="DAYS",
    help="With --orders: after so many days under way a parcel is lost; 200 if not told.",
)
def goods(
    customers: int,
    orders: Path | None,
    most: int,
    everything: bool,
    patience: int | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Goods of many sellers on the real engine: baskets, parcels, complaints, payouts.

    Without --orders: eight weeks in a bazaar of Kathmandu. Customers fill baskets of several
    shops, pay once, complain, send back, drop out; shops send, forget, give in, paint to order.
    Shops and people are simulated from a seed; everything the marketplace does about it is real.

    With --orders: each order of a folder of real ones is bought, paid, sent, received, reviewed
    or called off on its day. The ledger is then held against the files: to the cent, or the demo
    fails.

    \b
    marketplace demo goods
    marketplace demo goods --customers 40 --seed 1 --language ne
    marketplace demo goods --orders olist --all
    marketplace demo goods --orders olist --patience 30
    """
    if orders is None and (everything or patience is not None or most != FEW):
        raise click.UsageError("--most, --all and --patience go with --orders")
    if orders is None:
        from marketplace.plugins.goods.demo.bazaar.story import demonstrate

        told = demonstrate(customers=customers, quiet=as_json, **given)
    else:
        from marketplace.plugins.goods.demo.orders import demonstrate as replayed

        limit = None if everything else most
        told = replayed(orders, most=limit, patience=patience, quiet=as_json, **given)
    if as_json:
        as_document(told)
