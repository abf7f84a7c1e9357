"""``marketplace why``: decisions explained from what was stored when they were made."""

from __future__ import annotations

from itertools import groupby

from attrs import frozen

from marketplace import OPERATOR, Because, Transaction
from marketplace.commands.finding import Found, Wrong, found
from marketplace.commands.people import a_story, deal, read, spoken
from marketplace.commands.screen import as_json as print_json
from marketplace.commands.screen import heading, say, warn

KINDS = "tx_, quo_, out_, req_, cas_, msg_, or jrn_ for one transfer of a statement"
NOT_ASKED = 3
"""How many of those who were not asked are explained without being named."""


@frozen
class Passed:
    """Somebody who was not offered a request, and why not."""

    listing: str
    because: list[Because]


def why(
    what: str | None,
    listing: str | None,
    language: str,
    app: str | None,
    zone: str | None,
    as_json: bool,
) -> None:
    """Print why a deal, or what else is named, is as it is."""
    with found(app, zone) as place:
        _check_language(place, language)
        passed: list[Passed] = []
        tell = place.market.why
        others = {
            "quo": tell.quote,
            "out": tell.payout,
            "cas": tell.case,
            "msg": tell.message,
            "jrn": tell.entry,
        }
        if what is not None and (about := others.get(what.split("_")[0])) is not None:
            said = about(what, by=OPERATOR, language=language)
        else:
            transaction = _meant(place, what)
            if listing is not None:
                request = _request(transaction)
                said = place.market.why.pairing(request, listing, by=OPERATOR, language=language)
            else:
                said = place.market.why.transaction(transaction.id, by=OPERATOR, language=language)
                passed = _passed_over(place, transaction, language)
            what = transaction.id
        if as_json:
            print_json({"about": what, "because": said, "not_asked": passed})
            return
        _tell(place, what, said, passed)


def _check_language(place: Found, language: str) -> None:
    known = place.context.words
    if language not in known:
        raise Wrong(f"there are no words in {language!r}; there are: {', '.join(sorted(known))}")


def _meant(place: Found, what: str | None) -> Transaction:
    if what is None:
        transaction = a_story(place)
        warn(f"a deal worth explaining, from {place.said}")
        return transaction
    if what.startswith("req_"):
        with place.context.store.begin(write=False) as work:
            of_request = work.select(Transaction, {"request_id": what}, limit=1)
        if not of_request:
            raise Wrong(f"no transaction came of request {what!r}; name a transaction")
        return of_request[0]
    if not what.startswith("tx_"):
        raise Wrong(f"{what!r} names nothing that is explained; ids of those begin {KINDS}")
    return deal(place, what)


def _request(transaction: Transaction) -> str:
    if transaction.request_id is None:
        raise Wrong(f"{transaction.id} came of no request, so nobody was matched to it")
    return transaction.request_id


def _passed_over(place: Found, transaction: Transaction, language: str) -> list[Passed]:
    """The nearest of those who were there and were not asked, each with its reasons."""
    if transaction.request_id is None:
        return []
    rounds = place.market.matching.rounds(transaction.request_id)
    if not rounds:
        return []
    first = rounds[0]
    asked = {
        one
        for each in rounds
        for one in dict(each.solution["pairs"]).get(transaction.request_id, ())
    }
    here = next(spot for spot in first.problem["requests"] if spot[0] == transaction.request_id)
    others = [spot for spot in first.problem["providers"] if spot[0] not in asked]
    # By squared degrees: only to pick whom to tell of; the sentence has the metres.
    others.sort(key=lambda spot: (spot[1] - here[1]) ** 2 + (spot[2] - here[2]) ** 2)
    shut = [gate["listing_id"] for gate in first.problem["gates"] if gate["request_id"] is None]
    chosen = [spot[0] for spot in others[:NOT_ASKED]]
    chosen += [one for one in dict.fromkeys(shut) if one not in asked][: 1 if chosen else NOT_ASKED]
    return [
        Passed(
            one,
            place.market.why.pairing(transaction.request_id, one, by=OPERATOR, language=language)[
                :1
            ],
        )
        for one in chosen
    ]


def _tell(place: Found, what: str, said: list[Because], passed: list[Passed]) -> None:
    texts = [one.text for one in said] + [one.listing for one in passed]
    texts += [one.text for each in passed for one in each.because]
    names = read(place, texts)
    heading(f"Why {what}")
    for about, group in groupby(said, key=lambda one: one.about):
        say(f"  {about}")
        for one in group:
            say(f"    {spoken(one.text, names)}")
    if passed:
        say("  not asked in the first round, for instance")
        for each in passed:
            for one in each.because:
                say(f"    {spoken(each.listing, names)}: {spoken(one.text, names)}")
    if not said:
        say("  nothing was decided about it yet")
