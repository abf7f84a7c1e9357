"""``marketplace payouts``: what is due to whom, who waits and why, what was paid; and pay it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from marketplace import (
    OPERATOR,
    Money,
    Owed,
    Payout,
    Reason,
    counted,
    money_text,
    render,
)
from marketplace.app.onboarding import BY_HAND
from marketplace.commands.finding import Found, Wrong, found
from marketplace.commands.people import party as the_party
from marketplace.commands.people import read, spoken
from marketplace.commands.screen import as_csv, heading, say, table, warn
from marketplace.commands.screen import as_json as print_json

COLUMNS = (
    "what", "party", "name", "currency", "amount", "reserve", "least", "state", "at", "payout",
    "why",
)  # fmt: skip


def payouts(
    only_due: bool,
    pay: bool,
    yes: bool,
    party: str | None,
    limit: int,
    language: str,
    csv: bool,
    app: str | None,
    zone: str | None,
    as_json: bool,
) -> None:
    """Print what is due to whom, or pay it out."""
    _check(yes=yes, pay=pay, csv=csv, json=as_json)
    with found(app, zone) as place:
        if language not in (known := place.context.words):
            raise Wrong(
                f"there are no words in {language!r}; there are: {', '.join(sorted(known))}"
            )
        owner = None if party is None else the_party(place, party).id
        owed = place.market.payouts.owed(party=owner)
        if pay:
            raise SystemExit(_run(place, owed, owner, yes=yes, csv=csv, json=as_json))
        due = [one for one in owed if one.due]
        waiting = [] if only_due else [one for one in owed if not one.due]
        made = [] if only_due else _newest(place, owner, limit)
        if as_json:
            print_json({"due": due, "waiting": waiting, "payouts": made})
        elif csv:
            _csv(place, [*due, *waiting], made, language)
        else:
            _tell_due(place, due)
            if not only_due:
                _tell_waiting(place, waiting, language)
                _tell_made(place, made, language)


def _check(*, yes: bool, pay: bool, csv: bool, json: bool) -> None:
    if csv and json:
        raise Wrong("payouts are printed as --csv or as --json, not as both")
    if yes and not pay:
        raise Wrong("--yes goes with --run")
    if pay and (csv or json) and not yes:
        raise Wrong("--run asks before it pays: with --csv or --json say --yes too")


def _newest(place: Found, owner: str | None, limit: int) -> list[Payout]:
    where = {} if owner is None else {"party_id": owner}
    with place.context.store.begin(write=False) as work:
        found = list(work.select(Payout, where, order="id", descending=True, limit=limit + 1))
    if len(found) > limit:
        warn("older payouts are left out; --limit gives more of them")
    return found[:limit]


def _run(
    place: Found, owed: Sequence[Owed], owner: str | None, *, yes: bool, csv: bool, json: bool
) -> int:
    """Pay what is due; gives the exit code."""
    # Who has a schedule of its own is paid by that one, unless it is named.
    due = [one for one in owed if one.due and (owner is not None or one.every is None)]
    if due and not yes:
        _tell_due(place, due)
        whom = counted(len(due), "payout")
        try:
            agreed = click.confirm(f"pay {_sums([one.due for one in due])} out by {whom}?")
        except click.Abort:
            click.echo()
            agreed = False
        if not agreed:
            say("nothing was paid")
            return 1
    made = place.market.payouts.run(by=OPERATOR, party=owner) if due else []
    if made:
        place.market.payments.work_off()
    paid = [place.market.payouts.get(one.id, by=OPERATOR) for one in made]
    if json:
        print_json({"payouts": paid})
    elif csv:
        _csv(place, [], paid, "en")
    elif not paid:
        say("nothing was due, so nothing was paid")
    else:
        _tell_made(place, paid, "en", "Paid out now")
    return 1 if any(one.state == "failed" for one in paid) else 0


def _sums(moneys: Sequence[Money]) -> str:
    """The sum in each currency."""
    sums: dict[str, Money] = {}
    for one in moneys:
        sums[one.currency] = sums.get(one.currency, Money.zero(one.currency)) + one
    return " and ".join(money_text(sums[currency]) for currency in sorted(sums))


def _tell_due(place: Found, due: Sequence[Owed]) -> None:
    heading("Due now")
    if not due:
        say("nothing is due")
        return
    names = read(place, [one.party_id for one in due])
    by_whom = place.context.payouts.provider or BY_HAND
    table(
        ("party", "id", "amount", "earned", "reserve", "goes by", "by the clock"),
        [
            (
                names.get(one.party_id, ""),
                one.party_id,
                money_text(one.due, in_full=True),
                money_text(one.earned, in_full=True),
                money_text(one.reserve, in_full=True),
                by_whom if one.account is None else one.account.provider,
                "never" if one.next_run is None else place.when(one.next_run, "%d %b %H:%M"),
            )
            for one in due
        ],
        right=(2, 3, 4),
        spare=(3, 4, 5),
    )
    say(f"in all {_sums([one.due for one in due])}, by {counted(len(due), 'payout')}")


def _tell_waiting(place: Found, waiting: Sequence[Owed], language: str) -> None:
    heading("Waiting")
    if not waiting:
        say("nobody's earnings wait")
        return
    names = read(place, [one.party_id for one in waiting])
    table(
        ("party", "id", "earned", "why"),
        [
            (
                names.get(one.party_id, ""),
                one.party_id,
                money_text(one.earned, in_full=True),
                _why(place, [*one.waits, *one.told], names, language),
            )
            for one in waiting
        ],
        right=(2,),
    )


def _tell_made(
    place: Found, made: Sequence[Payout], language: str, title: str = "The newest payouts"
) -> None:
    heading(title)
    if not made:
        say("nothing was paid out yet")
        return
    names = read(place, [one.party_id for one in made])
    told = any(one.reasons for one in made)
    columns = ("when", "payout", "party", "amount", "by", "state", *(["why"] if told else []))
    table(
        columns,
        [
            (
                place.when(one.created_at, "%d %b %H:%M"),
                one.id,
                names.get(one.party_id, one.party_id),
                money_text(one.money, in_full=True),
                one.provider,
                _state(one),
                *([_why(place, one.reasons, names, language)] if told else []),
            )
            for one in made
        ],
        right=(3,),
        spare=(6, 4) if told else (4,),
    )


def _state(one: Payout) -> str:
    """A payout by hand that was made waits for somebody to hand it over."""
    by_hand = one.state == "made" and one.provider == BY_HAND
    return "made, to be confirmed" if by_hand else one.state


def _why(place: Found, reasons: Sequence[Reason], names: Mapping[str, str], language: str) -> str:
    words = place.context.words
    return "; ".join(spoken(render(one, words, language), dict(names)) for one in reasons)


def _csv(place: Found, owed: Sequence[Owed], made: Sequence[Payout], language: str) -> None:
    names = read(place, [*(one.party_id for one in owed), *(one.party_id for one in made)])
    rows: list[dict[str, object]] = [
        {
            "what": "due" if one.due else "waiting",
            "party": one.party_id,
            "currency": one.earned.currency,
            "amount": (one.due or one.earned).decimal(),
            "reserve": one.reserve.decimal(),
            "least": one.least.decimal(),
            "at": None if one.next_run is None else one.next_run.isoformat(),
            "why": _why(place, [*one.waits, *one.told], names, language),
        }
        for one in owed
    ]
    rows += [
        {
            "what": "payout",
            "party": one.party_id,
            "currency": one.currency,
            "amount": one.money.decimal(),
            "state": one.state,
            "at": one.created_at.isoformat(),
            "payout": one.id,
            "why": _why(place, one.reasons, names, language),
        }
        for one in made
    ]
    for row in rows:
        row["name"] = names.get(str(row["party"]))
    as_csv(COLUMNS, [[row.get(name) for name in COLUMNS] for row in rows])
