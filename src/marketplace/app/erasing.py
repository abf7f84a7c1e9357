"""Erasing a person: what stands in the way, and what is taken away; money and records stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marketplace.app.door import Act
from marketplace.app.indexing import follow
from marketplace.app.requests import end_request
from marketplace.app.seating import end_offer
from marketplace.app.showing import without
from marketplace.domain.approval import Approval
from marketplace.domain.dispute import Dispute
from marketplace.domain.evolving import evolve
from marketplace.domain.item import Item, Numbered
from marketplace.domain.ledger import Purpose
from marketplace.domain.listing import Listing, ListingState, Presence
from marketplace.domain.message import StoredFile
from marketplace.domain.moderation import Case, CaseReport
from marketplace.domain.offer import Offer
from marketplace.domain.party import CUSTOMER, Block, Document, Party
from marketplace.domain.payment import Consent, Payment, Payout
from marketplace.domain.ports import Condition
from marketplace.domain.reason import Reason
from marketplace.domain.request import Request
from marketplace.domain.reservation import Resource
from marketplace.domain.transaction import Seat, Transaction

MOST = 1_000_000
"""Rows of one kind that one person may have."""
_SAYS_WHAT = {
    "transactions.take": ("transaction_id", "row"),
    "transactions.follow_up": ("origin_id", "process", "entry"),
    "disputes.decide": ("dispute_id",),
}
"""What of the body of an approval says of which deal or dispute it is; the id is the first."""
_SUMS = ("Money", "Line")
DEBTS = (Purpose.RECEIVABLE, Purpose.CUSTOMER_RECEIVABLE)


def lock_all(act: Act, party_id: str) -> None:
    """Wait for every deal that is being opened with somebody: it is seen then, or begins after.

    In the order in which a deal is opened: what is held out, what is asked for, who sits in it.
    """
    act.work.select(Listing, {"provider_id": party_id}, limit=MOST, lock=True)
    act.work.select(Request, {"customer_id": party_id}, limit=MOST, lock=True)
    act.work.erasures.lock(party_id)


def in_the_way(act: Act, party: Party) -> list[Reason]:
    """Every reason why a person cannot be erased yet; each says what to do first."""
    found: list[Reason] = []
    deals = _sat_in(act, _seats(act, party.id))
    live = sorted(one.id for one in deals if one.ended_at is None)
    if live:
        found.append(Reason("live_deals", {"deals": live}))
    where = {"transaction_id": [one.id for one in deals], "state": ["open", "escalated"]}
    disputes = [one.id for one in act.work.select(Dispute, where, limit=MOST)] if deals else []
    if disputes:
        found.append(Reason("dispute_open", {"disputes": disputes}))
    for balance in act.work.ledger.balances(party.id):
        if not (balance.posted or balance.pending_in or balance.pending_out):
            continue
        purpose = balance.account.purpose
        code = "owes" if purpose in DEBTS else "money_held"
        if purpose is Purpose.IN_TRANSIT:
            code = "payout_on_its_way"
        told = {"account": purpose.value, "currency": balance.account.currency}
        found.append(Reason(code, {**told, "amount": balance.posted}))
    cases = {"owner_id": party.id, "state": ["open", "appealed"]}
    open_cases = [one.id for one in act.work.select(Case, cases, limit=MOST)]
    if open_cases:
        found.append(Reason("case_open", {"cases": len(open_cases)}))
    return found


def _seats(act: Act, party_id: str) -> list[Seat]:
    """Every seat that somebody has in a deal."""
    return act.work.select(Seat, {"party_id": party_id}, order="transaction_id", limit=MOST)


def _sat_in(act: Act, seats: Sequence[Seat]) -> list[Transaction]:
    """The deals of these seats, each once."""
    ids = sorted({seat.transaction_id for seat in seats})
    return act.work.select(Transaction, {"id": ids}, limit=MOST) if ids else []


def erase(act: Act, party: Party) -> Party:
    """Take away all that says who somebody is; gives the party, erased."""
    listings = _listings(act, party.id)
    requests = _requests(act, party.id)
    deals = _deals(act, party.id)
    disputes = _disputes(act, party.id, deals)
    offers = _offers(act, party.id)
    files = _files(act, party.id)
    cases = _cases(act, party.id)
    approvals = _approvals(act, {*deals, *disputes})
    documents = act.work.select(Document, {"party_id": party.id}, limit=MOST)
    for document in documents:
        act.work.save(evolve(document, file_id=None))
    act.work.remove(Block, party_id=party.id)
    act.work.remove(Consent, party_id=party.id)
    for plugin_erases in act.context.erases:
        plugin_erases(act, party.id)
    _columns(act, party.id, listings, requests)
    # What was decided about somebody is told in words; what happened to his things is not.
    act.work.erasures.empty("event", "data", "subject_id", cases, "{}")
    mine = [party.id, *listings, *requests, *deals, *disputes, *offers, *files, *cases, *approvals]
    act.work.commands.erase(party.id, [*mine, *(one.id for one in documents)], act.at)
    act.emit("party.erased", party.id, {}, [party.id])
    nobody = evolve(party, name="", phone=None, email=None, attributes={}, state="erased")
    return act.work.save(nobody)


def _columns(act: Act, party_id: str, listings: Sequence[str], requests: Sequence[str]) -> None:
    """Empty what stands in rows that nobody changes otherwise."""
    empty, work = act.work.erasures.empty, act.work
    payments = [one.id for one in work.select(Payment, {"party_id": party_id}, limit=MOST)]
    payouts = [one.id for one in work.select(Payout, {"party_id": party_id}, limit=MOST)]
    resources = work.select(Resource, {"listing_id": listings}, limit=MOST) if listings else []
    empty("message", "text", "author_id", [party_id])
    empty("message", "files", "author_id", [party_id], "[]")
    empty("review", "private_text", "author_id", [party_id])
    empty("payment", "means", "party_id", [party_id], None)
    empty("intent", "answer", "payment_id", payments, None)
    empty("intent", "answer", "payout_id", payouts, None)
    empty("payout_account", "reference", "party_id", [party_id])
    empty("quote", "items", "request_id", requests, "[]")
    empty("match", "reasons", "request_id", requests, "[]")
    empty("reservation", "label", "resource_id", [one.id for one in resources])


def _listings(act: Act, party_id: str) -> list[str]:
    """Withdraw them; where they are, what only he may read, and what he wrote is gone."""
    mine = act.work.select(Listing, {"provider_id": party_id}, limit=MOST, lock=True)
    for listing in mine:
        vertical = act.context.verticals.get(listing.vertical)
        gone = () if vertical is None else (*vertical.private, *vertical.texts)
        attributes = without(listing.attributes, gone) if vertical is not None else {}
        state: ListingState = "removed" if listing.state == "removed" else "withdrawn"
        saved = act.work.save(
            evolve(listing, title="", place=None, attributes=attributes, state=state)
        )
        if vertical is not None:
            follow(act, saved)
        act.work.remove(Presence, listing_id=listing.id)
    return [one.id for one in mine]


def _requests(act: Act, party_id: str) -> list[str]:
    """Withdraw what is open, and empty what was wanted, where and with which words."""
    mine = act.work.select(Request, {"customer_id": party_id}, limit=MOST, lock=True)
    for request in mine:
        if request.state == "open":
            request = end_request(act, request, "withdrawn")
        items = [evolve(item, attributes={}) for item in request.items]
        act.work.save(evolve(request, place=None, to=None, attributes={}, items=items))
    return [one.id for one in mine]


def _deals(act: Act, party_id: str) -> list[str]:
    """The facts of what he bought are gone; of what he sold, what says who and where he is."""
    seats = _seats(act, party_id)
    his = {seat.transaction_id for seat in seats if seat.role == CUSTOMER.name}
    deals = _sat_in(act, seats)
    for deal in deals:
        vertical = act.context.verticals.get(deal.vertical)
        if deal.id in his or vertical is None:
            items = [_plain_item(item) for item in deal.items]
            act.work.save(evolve(deal, attributes={}, items=items))
            continue
        gone = (*vertical.private, *vertical.reveals, *vertical.texts)
        act.work.save(evolve(deal, attributes=without(deal.attributes, gone)))
    return [one.id for one in deals]


def _plain_item(item: Any) -> Any:
    if isinstance(item, Numbered):
        return evolve(item, item=evolve(item.item, attributes={}))
    return evolve(item, attributes={}) if isinstance(item, Item) else item


def _disputes(act: Act, party_id: str, deals: Sequence[str]) -> list[str]:
    """His words and files are gone from the evidence; what was decided stays."""
    found = act.work.select(Dispute, {"transaction_id": deals}, limit=MOST) if deals else []
    for dispute in found:
        evidence = tuple(
            evolve(one, text="", files=()) if one.party_id == party_id else one
            for one in dispute.evidence
        )
        cause = "" if dispute.opened_by == party_id else dispute.cause
        act.work.save(evolve(dispute, evidence=evidence, cause=cause))
    return [one.id for one in found]


def _offers(act: Act, party_id: str) -> list[str]:
    """What is on the table is withdrawn; what he wrote in an offer is gone."""
    found: dict[str, Offer] = {}
    for side in ("maker_id", "taker_id"):
        found |= {one.id: one for one in act.work.select(Offer, {side: party_id}, limit=MOST)}
    for offer in found.values():
        if offer.state == "made":
            offer = end_offer(act, offer, "withdrawn")
        if offer.maker_id == party_id:
            proposed = None if offer.proposed is None else evolve(offer.proposed, asks={})
            act.work.save(evolve(offer, attributes={}, proposed=proposed))
    return sorted(found)


def _files(act: Act, party_id: str) -> list[str]:
    """Remove his cards at once, and the bytes after the commit, if nobody else keeps the same."""
    mine = act.work.select(StoredFile, {"owner_id": party_id}, limit=MOST)
    for card in mine:
        act.work.remove(StoredFile, id=card.id)
    hashes = {card.sha256 for card in mine}
    others = [Condition("sha256", "in", sorted(hashes))]
    kept = {one.sha256 for one in act.work.select(StoredFile, others, limit=MOST)} if mine else ()
    storage = act.context.files
    if storage is not None:
        for one in sorted(hashes - set(kept)):
            act.work.after_commit(lambda one=one: storage.remove(one))  # type: ignore[misc]
    return [card.id for card in mine]


def _cases(act: Act, party_id: str) -> list[str]:
    """The rule and what was done stay; the words about him, and his own, are gone."""
    about = act.work.select(Case, {"owner_id": party_id}, limit=MOST)
    for case in about:
        act.work.save(evolve(case, reason="", appeal="", verdict=""))
    reports = act.work.select(CaseReport, {"reporter_id": party_id}, limit=MOST)
    owned = [one.id for one in about]
    against = act.work.select(CaseReport, {"case_id": owned}, limit=MOST) if owned else []
    for report in {one.id: one for one in (*reports, *against)}.values():
        act.work.save(evolve(report, text="", details={}))
    return [*owned, *(one.id for one in reports)]


def _approvals(act: Act, about: set[str]) -> list[str]:
    """Which row was asked for, by whom and with which sums stays; what was said of it is gone.

    The hash of what was asked stays, too: what still waits is not given any more, but asked anew.
    """
    found = []
    for one in act.work.select(Approval, order="id", limit=MOST):
        says = _SAYS_WHAT[one.command]
        if _value(one.body[says[0]]) in about:
            body = {
                name: value if name in says or _is_plain(value) else {"value": ""}
                for name, value in one.body.items()
            }
            act.work.save(evolve(one, body=body, reason=""))
            found.append(one.id)
    return found


def _value(told: Any) -> str:
    return str(told.get("value")) if isinstance(told, Mapping) else ""


def _is_plain(told: Any) -> bool:
    """Whether a value of a body is sums and numbers, in which nobody has said anything."""
    if isinstance(told, Mapping):
        return told.get("class") in _SUMS or isinstance(told.get("value"), int | None)
    return all(_is_plain(one) for one in told)
