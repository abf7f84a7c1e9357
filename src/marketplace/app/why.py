"""Why: every decision explained from what was stored when it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marketplace.app.books import settled_lines
from marketplace.app.context import Context
from marketplace.app.door import By
from marketplace.app.entry_words import entry_reason
from marketplace.app.gating import discreet
from marketplace.app.matching import Matching
from marketplace.app.moderation import seen_case
from marketplace.app.quotes import readable
from marketplace.app.reading import Reader
from marketplace.app.searching import framed
from marketplace.app.subjects import may_read
from marketplace.app.unfound import verdict
from marketplace.domain.event import Command, Event
from marketplace.domain.freezing import frozen
from marketplace.domain.ledger import Journal, Transfer
from marketplace.domain.listing import Listing
from marketplace.domain.match import MatchingRound
from marketplace.domain.message import Message
from marketplace.domain.moderation import Case, CaseReport
from marketplace.domain.offer import Offer
from marketplace.domain.payment import Payment, Payout
from marketplace.domain.ports import Work
from marketplace.domain.quote import Line
from marketplace.domain.reason import Reason
from marketplace.domain.request import Request
from marketplace.domain.search import Search
from marketplace.domain.transaction import Seat, Terms, Transaction
from marketplace.domain.wording import render
from marketplace.errors import NotFound
from marketplace.matching.explain import explain
from marketplace.matching.problem import Problem, Solution


@frozen
class Because:
    """One decision and its reason."""

    about: str
    """What was decided: ``price``, ``match``, ``offer``, ``refusal``, ``payment`` …"""
    reason: Reason
    text: str
    """The reason as a sentence in the language asked for."""


class Why:
    """Answers from stored data alone; nothing is decided anew."""

    def __init__(self, context: Context, reader: Reader, matching: Matching) -> None:
        self._context = context
        self._reader = reader
        self._matching = matching

    def transaction(self, transaction_id: str, *, by: By, language: str = "en") -> list[Because]:
        """Everything decided about one deal: prices, matches, offers, payments, refusals."""
        with self._reader.read(by) as view:
            work = view.work
            transaction = work.find(Transaction, id=transaction_id)
            seats = work.select(Seat, {"transaction_id": transaction_id}, order="role")
            people = {seat.party_id for seat in seats}
            if transaction is None or not (view.operator or view.actor.party_id in people):
                raise NotFound(f"no transaction {transaction_id!r}")
            said: list[tuple[str, Reason]] = []
            for terms in work.select(Terms, {"transaction_id": transaction_id}, order="version"):
                said += [("terms", reason) for reason in terms.reasons]
                said += [(f"price ({terms.occasion})", line_reason(one)) for one in terms.lines]
            offers = work.select(Offer, {"transaction_id": transaction_id}, limit=1000)
            said += [("offer", _offer_reason(offer)) for offer in offers]
            for payment in work.select(
                Payment, {"transaction_id": transaction_id}, order="position"
            ):
                said.append(("payment", _payment_reason(payment)))
                if view.own(payment.party_id):
                    said += _told_of_money(work.events.about(payment.id))
            said += _told_of_money(work.events.about(transaction_id))
            # What somebody tried in vain is between it and the marketplace.
            tried = (one for one in work.commands.about(transaction_id) if view.own(one.actor))
            said += [("refusal", reason) for one in tried for reason in _refusals(one)]
        if transaction.request_id is not None:
            said += [("match", one) for one in self._match_reasons(transaction.request_id)]
        return self._told(said, language)

    def _match_reasons(self, request_id: str) -> list[Reason]:
        reasons = []
        for one in self._matching.rounds(request_id):
            chosen = dict(one.solution["pairs"])
            reasons.append(
                Reason(
                    "matched_by" if request_id in chosen else "not_matched_by",
                    {
                        "solver": one.solver,
                        "round": one.number,
                        "requests": len(one.problem["requests"]),
                        "providers": len(one.problem["providers"]),
                        "gated": len({gate["listing_id"] for gate in one.problem["gates"]}),
                        "listings": ", ".join(chosen.get(request_id, ())),
                        "total_metres": one.solution["total_metres"],
                    },
                )
            )
        return reasons

    def pairing(
        self, request_id: str, listing_id: str, *, by: By, language: str = "en"
    ) -> list[Because]:
        """Why a listing was, or was not, offered a request: round by round."""
        with self._reader.read(by) as view:
            request = view.work.find(Request, id=request_id)
            if request is None or not view.own(request.customer_id):
                raise NotFound(f"no request {request_id!r}")
            if view.work.find(Listing, id=listing_id) is None:
                raise NotFound(f"no listing {listing_id!r}")
        said = []
        for one in self._matching.rounds(request_id):
            said.append(("match", _pair_reason(one, request_id, listing_id, whole=view.operator)))
        if not said:
            said.append(("match", Reason("never_dispatched", {"request": request_id})))
        return self._told(said, language)

    def found(
        self, listing_id: str, search: Search, *, by: By, language: str = "en"
    ) -> list[Because]:
        """Why a listing is not found by a search, or what its place in the order comes from.

        Decided now, by the same rules as the search itself: nothing of a search is stored.
        """
        frame = framed(self._context, search)
        with self._reader.read(by) as view:
            listing = view.work.find(Listing, id=listing_id)
            if listing is None or not (
                listing.state == "published" or view.own(listing.provider_id)
            ):
                raise NotFound(f"no listing {listing_id!r}")
            said = [("search", reason) for reason in verdict(view, frame, listing)]
        return self._told(said, language)

    def quote(self, quote_id: str, *, by: By, language: str = "en") -> list[Because]:
        """Why a price is what it is, line by line, and what gave no line."""
        with self._reader.read(by) as view:
            quote = readable(view, quote_id)
        said = [("price", line_reason(line)) for line in quote.lines]
        return self._told([*said, *(("terms", one) for one in quote.reasons)], language)

    def case(self, case_id: str, *, by: By, language: str = "en") -> list[Because]:
        """Why something was taken down, or left: what was reported, decided, appealed and judged.

        What was reported, and by whom, is told to the operator alone.
        """
        with self._reader.read(by, suspended=True) as view:
            case, said = seen_case(view, case_id), list[tuple[str, Reason]]()
            if view.operator:
                reports = view.work.select(CaseReport, {"case_id": case_id}, limit=1000)
                said += [("report", _report_reason(case, one)) for one in reports]
        return self._told([*said, *_case_reasons(case)], language)

    def message(self, message_id: str, *, by: By, language: str = "en") -> list[Because]:
        """Why a message was taken down, for whoever may read it; nothing of one that stands."""
        with self._reader.read(by) as view:
            message, said = view.work.find(Message, id=message_id), list[tuple[str, Reason]]()
            reader = view.actor.party_id
            if message is None or not (
                view.operator
                or reader == message.author_id
                or (reader is not None and may_read(view.work, message, reader))
            ):
                raise NotFound(f"no message {message_id!r}")
            if message.state == "removed":
                cases = {"subject_id": message_id, "action": "take down"}
                newest = view.work.select(Case, cases, order="decided_at", descending=True)[0]
                told = {"rule": newest.rule, "text": message.removed_reason}
                said.append(("message", Reason("message_withdrawn", told)))
        return self._told(said, language)

    def payout(self, payout_id: str, *, by: By, language: str = "en") -> list[Because]:
        """Why a payout is what it is, and what became of it."""
        with self._reader.read(by) as view:
            payout = view.work.find(Payout, id=payout_id)
            if payout is None or not view.own(payout.party_id):
                raise NotFound(f"no payout {payout_id!r}")
        told = {"state": payout.state, "told": f"payout.{payout.state}", "amount": payout.money}
        said = (*payout.reasons, Reason("payout_state", told))
        return self._told([("payout", one) for one in said], language)

    def entry(self, transfer_id: str, *, by: By, language: str = "en") -> list[Because]:
        """Why an amount of a statement came or went: what was posted, the line of the price with
        its rule and inputs where a line explains it, the payout where it is one's.

        For whose account the transfer touches, and for the operator.
        """
        with self._reader.read(by) as view:
            found = view.work.ledger.transfer(transfer_id)
            sides = () if found is None else (found[1].debit.owner, found[1].credit.owner)
            if found is None or not (view.operator or view.actor.party_id in sides):
                raise NotFound(f"no transfer {transfer_id!r}")
            journal, transfer = found
            words = self._context.words
            said = [("entry", entry_reason(journal.kind, transfer.rule, words, journal.details))]
            line = line_of(view.work, journal, transfer)
            if line is not None:
                said.append(("line", line_reason(line)))
            payout = view.work.find(Payout, id=journal.cause)
            if payout is not None and view.own(payout.party_id):
                said += [("payout", one) for one in payout.reasons]
        return self._told(said, language)

    def _told(self, said: Sequence[tuple[str, Reason]], language: str) -> list[Because]:
        words = self._context.words
        return [Because(about, reason, render(reason, words, language)) for about, reason in said]


def line_of(work: Work, journal: Journal, transfer: Transfer) -> Line | None:
    """The line of the frozen price that a settlement's transfer carries out; None for others."""
    said = journal.details
    if transfer.line is None or said.get("terms_version") is None:
        return None
    terms = work.find(
        Terms, transaction_id=str(said["transaction"]), version=int(said["terms_version"])
    )
    lines = [] if terms is None else settled_lines(terms.lines, str(said["purse"]))
    found = lines[transfer.line] if transfer.line < len(lines) else None
    return found if found is not None and found.code == transfer.rule else None


def _report_reason(case: Case, report: CaseReport) -> Reason:
    params = {"kind": case.subject_kind, "about": case.subject_id, "text": report.text}
    if report.reporter_id is None:
        found = {"signal": report.rule, "found": report.details}
        return Reason("case_signalled", {**params, **found})
    return Reason("case_reported", {**params, "rule": report.rule, "by": report.reporter_id})


def _case_reasons(case: Case) -> list[tuple[str, Reason]]:
    """What became of a case, step by step."""
    decided = {"rule": case.rule, "action": case.action, "text": case.reason}
    named = {**decided, "kind": case.subject_kind, "about": case.subject_id}
    said: list[tuple[str, Reason]] = []
    if case.action is not None:
        code = "case_dismissed" if case.action == "none" else "case_decided"
        said.append(("decision", Reason(code, {**named, "by": case.decided_by})))
    if case.strikes and case.strikes_end is not None:
        until = case.strikes_end.date().isoformat()
        said.append(("decision", Reason("case_struck", {"strikes": case.strikes, "until": until})))
    if case.suspended and case.action != "suspend":
        said.append(("decision", Reason("case_suspended")))
    if case.appeal:
        said.append(("appeal", Reason("case_appealed", {"text": case.appeal})))
    if case.state in ("upheld", "reversed"):
        told = {"text": case.verdict, "by": case.judged_by}
        said.append(("judgement", Reason(f"case_{case.state}", told)))
    return said


def line_reason(line: Line) -> Reason:
    """A line as a reason: the amount, who bears it, the rule and all its inputs."""
    return Reason(
        f"line.{line.code}",
        {
            **line.inputs,
            "line": line.code,
            "money": {"amount": line.amount.amount, "currency": line.amount.currency},
            "payer": line.payer,
            "payee": line.payee,
            "rule": line.rule,
        },
        line.plugin,
    )


def _offer_reason(offer: Offer) -> Reason:
    params: dict[str, Any] = {
        "maker": offer.maker_id,
        "offer": offer.id,
        "listing": offer.listing_id or "",
        "taker": offer.taker_id,
        "seconds": int((offer.expires_at - offer.created_at).total_seconds()),
        "reason": offer.attributes.get("reason", ""),
    }
    if offer.proposed is not None:
        asks = ", ".join(f"{name} {value}" for name, value in offer.proposed.asks.items())
        params |= {"row": offer.proposed.row, "asks": asks}
        return Reason(f"proposal_was_{offer.state}", params)
    return Reason(f"offer_was_{offer.state}", params)


def _payment_reason(payment: Payment) -> Reason:
    return Reason(
        "paid_and_taken_back" if payment.charged_back else "paid_by",
        {
            "method": payment.method,
            "party": payment.party_id,
            "purse": payment.purse,
            "held": payment.held,
            "captured": payment.captured,
            "refunded": payment.refunded,
            "charged_back": payment.charged_back,
            "currency": payment.currency,
        },
    )


def _refusals(command: Command) -> list[Reason]:
    if command.outcome != "refused" or command.reason is None:
        return []
    reason = command.reason
    given = [_from_plain(one) for one in reason.get("reasons", ())]
    if given:
        return given
    params = {**reason.get("params", {}), "command": command.name, "actor": command.actor}
    return [Reason(str(reason["code"]), {**params, "message": reason["message"]})]


def _told_of_money(events: Sequence[Event]) -> list[tuple[str, Reason]]:
    given = (event.data.get("reason") for event in events)
    return [("money", _from_plain(reason)) for reason in given if reason]


def _from_plain(data: Mapping[str, Any]) -> Reason:
    return Reason(data["code"], data.get("params", {}), data.get("plugin", ""))


def _pair_reason(one: MatchingRound, request_id: str, listing_id: str, *, whole: bool) -> Reason:
    """The gate that shut a listing out, or what the solver did with the pair."""
    for gate in one.problem["gates"]:
        if gate["listing_id"] == listing_id and gate["request_id"] in (None, request_id):
            against = _from_plain(gate["reason"])
            return against if whole else discreet(against, gate["request_id"])
    if listing_id not in {spot[0] for spot in one.problem["providers"]}:
        return Reason("not_present", {"listing": listing_id, "at": one.at.isoformat()})
    reason = explain(
        Problem.from_json(one.problem), Solution.from_json(one.solution), request_id, listing_id
    )
    return Reason(reason.code, {**reason.params, "solver": one.solver})
