"""``marketplace reconcile``: a payment provider's books beside ours."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace import Money, Reconciliation, counted, money_text
from marketplace.commands.finding import Found, Wrong, found
from marketplace.commands.screen import as_csv, heading, say, table, warn
from marketplace.commands.screen import as_json as print_json

WHY = {
    "theirs not ours": "it moved there, and no journal says so",
    "ours not theirs": "a journal says so, and nothing moved there",
    "amount differs": "both know it, over different amounts",
    "fee not booked": "a fee that came with the movement alone; --book-fees books it",
    "under way": "an order without its answer yet explains it",
    "comes to nothing": "movements that undo each other, and nothing here asked for money by them",
    "balance differs": "their movements do not come to what they say lies there",
}


def reconcile(
    provider: str | None,
    book_fees: bool,
    most: int,
    csv: bool,
    app: str | None,
    zone: str | None,
    as_json: bool,
) -> None:
    """Print whether the payment providers' books and ours agree; exits with 1 where not."""
    if csv and as_json:
        raise Wrong("differences are printed as --csv or as --json, not as both")
    if most < 1:
        raise Wrong("--most is one or more")
    with found(app, zone) as place:
        books = place.market.ledger
        names = books.reporters() if provider is None else [provider]
        done = [books.reconcile(one, book_fees=book_fees, most=most) for one in names]
        if as_json:
            print_json(done)
        elif csv:
            _csv(done)
        else:
            _say(place, done)
        if not all(one.clean for one in done):
            raise SystemExit(1)


def _csv(done: Sequence[Reconciliation]) -> None:
    rows = [
        (
            one.provider,
            each.why,
            each.kind,
            each.about,
            "" if each.theirs is None else Money(each.theirs, each.currency).decimal(),
            "" if each.ours is None else Money(each.ours, each.currency).decimal(),
            each.money.decimal(),
            each.currency,
            each.at.isoformat(),
            each.movement,
            each.journal,
        )
        for one in done
        for each in one.differences
    ]
    columns = ("provider", "why", "what", "name", "theirs", "ours", "difference", "currency")
    as_csv((*columns, "at", "movement", "journal"), rows)
    for one in done:
        if one.more:
            warn(f"{one.provider}: {one.more} more are left out; --most gives them")


def _say(place: Found, done: Sequence[Reconciliation]) -> None:
    if not done:
        say(
            "No payment provider here reports what moved with it, so there is nothing to compare. "
            "One does that has `movements` and `balance`, as the sandbox and Stripe have."
        )
    for one in done:
        _one(place, one)


def _one(place: Found, one: Reconciliation) -> None:
    heading(f"{one.provider} · {place.when(one.at)}")
    if not one.movements and not one.journals:
        say("Nothing has moved with it yet, by its books and by ours.")
        return
    table(
        ("currency", "theirs", "ours", "under way", "unexplained", "elsewhere"),
        [
            (
                each.currency,
                *(
                    Money(sum_of, each.currency).decimal()
                    for sum_of in (
                        each.theirs,
                        each.ours,
                        each.under_way,
                        each.unexplained,
                        each.elsewhere,
                    )
                ),
            )
            for each in one.balances
        ],
        right=(1, 2, 3, 4, 5),
    )
    compared = f"{counted(one.movements, 'movement')} met {counted(one.journals, 'journal')}"
    if one.waiting:
        compared += f"; {counted(one.waiting, 'order')} without an answer yet"
    if one.fees_booked:
        compared += f"; {counted(one.fees_booked, 'fee was', 'fees were')} booked"
    say(f"{compared}.")
    if not one.differences:
        say("Both sides agree, to the smallest coin.")
        return
    told = counted(
        one.unexplained, "difference that nothing explains", "differences that nothing explains"
    )
    heading(told if one.unexplained else "Differences that are explained")
    table(
        ("when", "why", "what", "name", "theirs", "ours", "difference"),
        [
            (
                place.when(each.at),
                each.why,
                each.kind,
                each.about,
                "" if each.theirs is None else Money(each.theirs, each.currency).decimal(),
                "" if each.ours is None else Money(each.ours, each.currency).decimal(),
                money_text(each.money, in_full=True),
            )
            for each in one.differences
        ],
        right=(4, 5, 6),
    )
    if one.more:
        say(f"and {one.more} more; --most shows them")
    for why in dict.fromkeys(each.why for each in one.differences):
        say(f"{why}: {WHY[why]}")
