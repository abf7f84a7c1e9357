"""``marketplace timeline``: what happened in a deal, and in what followed it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from marketplace import (
    OPERATOR,
    Event,
    Journal,
    Money,
    Reason,
    Review,
    Transaction,
    money_text,
    render,
)
from marketplace.commands.finding import Found, found
from marketplace.commands.people import a_story, deal, read, spoken
from marketplace.commands.screen import as_json as print_json
from marketplace.commands.screen import heading, say, table, warn

WEEKDAYS = timedelta(days=6)
"""How long a weekday alone says which day it was."""


@frozen
class Step:
    """One thing that happened."""

    at: datetime
    what: str
    by: str
    details: str


def timeline(transaction: str | None, app: str | None, zone: str | None, as_json: bool) -> None:
    """Print what happened in a deal."""
    with found(app, zone) as place:
        if transaction is None:
            one = a_story(place)
            warn(f"a deal worth telling, from {place.said}")
        else:
            one = deal(place, transaction)
        steps = sorted(_steps(place, one), key=lambda step: step.at)
        if as_json:
            print_json({"transaction": one.id, "state": one.state, "steps": steps})
            return
        names = read(place, [text for step in steps for text in (step.by, step.details)])
        start = steps[0].at if steps else one.created_at
        long = bool(steps) and steps[-1].at - start > WEEKDAYS
        form = "%a %d %b %H:%M" if long else "%a %H:%M:%S"
        heading(f"{one.id} · {one.vertical} · {one.process} · now {one.state}")
        rows = [
            (
                place.when(step.at, form),
                _after(step.at - start),
                # The heading says of which transaction this is.
                step.what.replace("transaction.", ""),
                spoken(step.by, names),
                spoken(step.details, names),
            )
            for step in steps
        ]
        table(("when", "after", "what", "by", ""), rows, right=(1,), spare=(1,))
        say(f"times of {place.zone.key}")


def _steps(place: Found, transaction: Transaction) -> list[Step]:
    market = place.market
    with place.context.store.begin(write=False) as work:
        following = work.select(Transaction, {"origin_id": transaction.id}, limit=1000)
        reviews = work.select(Review, {"transaction_id": transaction.id}, limit=100)
    events: list[tuple[str, Event]] = []
    for one in (transaction, *following):
        prefix = f"{one.link}: " if one.link else ""
        # What happened at one instant is told in this order: the wish, the offers, the deal.
        about = [one.request_id] if one.request_id is not None and one is transaction else []
        about += [x.id for x in market.offers.list(by=OPERATOR, transaction=one.id, limit=500)]
        about.append(one.id)
        for subject in about:
            events += [(prefix, event) for event in market.events.about(subject, by=OPERATOR)]
    steps = [
        Step(event.at, f"{prefix}{event.kind}", event.actor, _said(event.data, place.context.words))
        for prefix, event in events
    ]
    for one in (transaction, *following):
        for journal in market.ledger.of_transaction(one.id, by=OPERATOR):
            steps.append(Step(journal.at, f"ledger: {journal.kind}", "", _moved(journal)))
    for review in reviews:
        stars = "★" * review.rating + "☆" * (5 - review.rating)
        told = f"{stars} for {review.subject_id} {review.text}".rstrip()
        steps.append(Step(review.created_at, "review", review.author_id, told))
    return steps


def _moved(journal: Journal) -> str:
    """What it moved; a settlement hands one sum on several times, so its sum would be nobody's."""
    if len(journal.transfers) > 1:
        return f"{len(journal.transfers)} transfers: see `marketplace ledger`"
    if not journal.transfers:
        return "nothing"
    (only,) = journal.transfers
    return money_text(Money(only.amount, only.debit.currency))


def _said(data: Mapping[str, Any], words: Mapping[str, Mapping[str, str]]) -> str:
    if "from" in data and "to" in data:
        way = f"{data['from']} → {data['to']}"
        fault = f", fault of the {data['fault']}" if data.get("fault") else ""
        return way + fault
    if "for" in data:
        return f"for {data['for']}"
    reason = data.get("reason")
    if isinstance(reason, Mapping):
        said = Reason(str(reason["code"]), reason["params"], str(reason["plugin"]))
        return render(said, words, "en")
    if type(data.get("amount")) is int and data.get("currency"):
        return money_text(Money(data["amount"], data["currency"]))
    for name in ("listing", "reason", "amount"):
        if data.get(name):
            return str(data[name])
    return ""


def _after(delay: timedelta) -> str:
    seconds = int(delay.total_seconds())
    days, rest = divmod(seconds, 86_400)
    told = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days} d {told}" if days else told
