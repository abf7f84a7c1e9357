"""Every word of the command but ``demo``: its arguments, its options, its help.

Nothing of the marketplace is imported here, so that any help is there at once; what a word does
is imported when it is done.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from marketplace.commands.options import options


def _do(where: str, given: dict[str, Any]) -> None:
    """Do what ``module:function`` does with these arguments."""
    module, name = where.split(":")
    getattr(import_module(f"marketplace.commands.{module}"), name)(**given)


@click.command()
@click.argument("what", metavar="[TX|QUOTE|PAYOUT|REQUEST|CASE|MESSAGE|TRANSFER]", required=False)
@click.option("--listing", metavar="LISTING", help="Why this listing was, or was not, asked.")
@click.option("--language", default="en", show_default=True, help="Of the sentences: en, ne.")
@options
def why(**given: Any) -> None:
    """Why a deal is as it is: each price line, who was asked and who not, refusals, money.

    Everything is answered from what was stored when it was decided; nothing is decided anew.
    Without an argument it explains a late deal with a story worth telling.

    \b
    marketplace why
    marketplace why tx_01m83pph00jmrnv7e9z0c1ht0h --language ne
    marketplace why cas_01m83pph00jmrnv7e9z0c1ht0h
    marketplace why tx_01m83pph00jmrnv7e9z0c1ht0h --listing lst_01m83pph0027h6p3amkdqg6stt
    """
    _do("why:why", given)


@click.command()
@click.argument("transaction", metavar="[TX]", required=False)
@options
def timeline(**given: Any) -> None:
    """What happened in a deal, in order: offers, rows taken, money moved, reviews, follow-ups.

    \b
    marketplace timeline
    marketplace timeline tx_01m83pph00jmrnv7e9z0c1ht0h --json
    """
    _do("timeline:timeline", given)


@click.command()
@click.argument("what", metavar="[TX|PARTY]", required=False)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=40,
    show_default=True,
    help="Entries of a party, at most.",
)
@click.option("--at", "at", metavar="DAY", help="Of the whole: what was posted before this day.")
@click.option("--csv", "csv", is_flag=True, help="Print one table for a spreadsheet instead.")
@options
def ledger(**given: Any) -> None:
    """Whose money is where.

    Of a transaction: every transfer it caused. Of a party: its balances and its newest entries, in
    every account, those that wait among them; `marketplace statement` tells what it has. Without
    an argument: debits and credits of the whole marketplace, what it earned, and that the sum is
    zero in every currency; --at tells it of any moment.

    \b
    marketplace ledger
    marketplace ledger --at 2026-12-01
    marketplace ledger tx_01m83pph00jmrnv7e9z0c1ht0h
    marketplace ledger pty_01m83pph004tff59tdwh9edd1r --json
    marketplace ledger tx_01m83pph00jmrnv7e9z0c1ht0h --csv
    """
    _do("books:ledger", given)


@click.command()
@click.argument("party", metavar="[PARTY]", required=False)
@click.option("--from", "since", metavar="DAY", help="The first day that counts, or a moment.")
@click.option("--until", metavar="DAY", help="The first day that counts no more, or a moment.")
@click.option("--currency", metavar="CODE", help="One currency alone; else each that there is.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=200,
    show_default=True,
    help="Entries that are shown, at most: the last ones. --csv and --json give all.",
)
@click.option("--language", default="en", show_default=True, help="Of the words: en, ne.")
@click.option("--csv", "csv", is_flag=True, help="Print one table for a spreadsheet instead.")
@options
def statement(**given: Any) -> None:
    """What a party had, each amount that came and went, and what it has then.

    Its earnings and its wallet less its debts; money in escrow, awaited, on its way to a bank and
    in reserve is told beside it. `marketplace why TRANSFER` explains one amount down to the line
    of the price. Without a party: the marketplace's own profit, rule by rule.

    A month is --from 2026-11-01 --until 2026-12-01, in the time zone of the place. Exit code 0;
    2 when it cannot be made.

    \b
    marketplace statement pty_01m83pph004tff59tdwh9edd1r
    marketplace statement pty_01m83pph004tff59tdwh9edd1r --from 2026-11-01 --until 2026-12-01
    marketplace statement pty_01m83pph004tff59tdwh9edd1r --csv > november.csv
    marketplace statement --from 2026-11-01
    """
    _do("statement:statement", given)


@click.command()
@click.option("--due", "only_due", is_flag=True, help="Only what a run would pay now.")
@click.option("--run", "pay", is_flag=True, help="Pay what is due now; it is asked for first.")
@click.option("--yes", is_flag=True, help="With --run: pay without asking.")
@click.option("--party", metavar="PARTY", help="Of one party alone, by its own schedule too.")
@click.option(
    "--limit",
    type=click.IntRange(1, 500),
    default=20,
    show_default=True,
    help="Payouts that were made, at most: the newest.",
)
@click.option("--language", default="en", show_default=True, help="Of the reasons: en, ne.")
@click.option("--csv", "csv", is_flag=True, help="Print one table for a spreadsheet instead.")
@options
def payouts(**given: Any) -> None:
    """What is due to whom, who waits and why, and the newest payouts with their states.

    --run pays what is due now: everybody's who has no schedule of its own, or one party's. What
    is set aside in the books goes out by the payment provider; by hand the operator confirms each.

    Exit code 0; 1 when --run was not confirmed or a payout failed at once; 2 when it cannot be
    done.

    \b
    marketplace payouts
    marketplace payouts --due --csv
    marketplace payouts --run --yes
    marketplace payouts --party pty_01m83pph004tff59tdwh9edd1r
    """
    _do("payouts:payouts", given)


@click.command()
@click.option("--provider", metavar="NAME", help="One payment provider; all of them otherwise.")
@click.option("--book-fees", is_flag=True, help="Book the fees that came with movements alone.")
@click.option("--most", default=50, show_default=True, help="Differences to show, at most.")
@click.option("--csv", "csv", is_flag=True, help="Print one table for a spreadsheet instead.")
@options
def reconcile(**given: Any) -> None:
    """Whether the payment providers' books and ours agree: one journal for each movement.

    Exit code 1 when something is on one side alone and nothing explains it.

    \b
    marketplace reconcile
    marketplace reconcile --provider stripe --book-fees
    marketplace reconcile --csv > differences.csv
    """
    _do("reconciling:reconcile", given)


@click.command()
@click.argument("vertical", required=False)
@click.option("--name", metavar="PROCESS", help="Only this one, a follow-up for instance.")
@click.option("--mermaid", "drawn", is_flag=True, help="As a Mermaid state diagram.")
@options
def process(**given: Any) -> None:
    """The process of a vertical: every row, who takes it, what it does to money and capacity.

    Tables, drawings, forms and notifications are all read off the same rows. `check` says what
    was proved about them.

    \b
    marketplace process rides
    marketplace process rides --mermaid > ride.mmd
    marketplace process rides --name tip
    """
    _do("process:process", given)


@click.command()
@options
def check(**given: Any) -> None:
    """Prove every process, and look whether books, records and workers are as they should be.

    Each process is walked through every configuration of state, money, capacity and answer that
    it can get into, for each payment method it admits. Exit code 1 when anything is broken.

    \b
    marketplace check
    marketplace check --app shop:market --json
    """
    _do("checking:check", given)


@click.command()
@options
def plugins(**given: Any) -> None:
    """Which plugins a marketplace has, what each brings, and which hooks it answers.

    \b
    marketplace plugins
    marketplace plugins --app shop:market --json
    """
    _do("checking:plugins", given)


@click.command()
@click.option("--advance", metavar="SPAN", help="On a demo: let its clock run on first, as in 7d.")
@click.option("--every", metavar="SPAN", help="Go on for ever, once in each span, as in 5s.")
@click.option("--retry", metavar="ID", help="First set parked timers again: of an ID, or all.")
@options
def tick(**given: Any) -> None:
    """Do everything that is due: timers, calls outside, notifications; then say what was done.

    Ticking twice does nothing twice, and any number of workers may tick at once. A demo's clock
    stands where its run ended; --advance lets it run on.

    \b
    marketplace tick --advance 7d
    marketplace tick --app shop:market --every 5s
    """
    _do("upkeep:tick", given)


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@options
def migrate(**given: Any) -> None:
    """Bring the database's tables, and those of plugins, to this version of the code.

    All in one transaction. It opens the marketplace even where its tables are missing or old.

    \b
    marketplace migrate --app shop:market --dry-run
    marketplace migrate --app shop:market
    """
    _do("upkeep:migrate", given)
