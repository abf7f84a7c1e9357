"""What a row's conditions cannot say: amounts in bounds, parcels that are all there, times kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from marketplace import (
    FactsQuestion,
    Reason,
    Terms,
    TransitionQuestion,
    customer_owes,
)
from marketplace.plugins.goods.groups import TOLD
from marketplace.plugins.goods.later import FREIGHT, WANTED
from marketplace.plugins.goods.pieces import (
    LEFT,
    PARCELS,
    bought,
    named,
    packed,
    parcels,
    told,
    unclear,
    unpacked,
)
from marketplace.plugins.goods.pricing import Page
from marketplace.plugins.goods.settings import GoodsTimes, Limits

FIRST_END = "protected_at_first"
RETURNS = "returns"


@frozen
class Checks:
    """Refuses rows, and keeps what they tell, by an operator's settings."""

    times: GoodsTimes
    limits: Limits
    plugin: str

    def refusal(self, question: TransitionQuestion) -> Reason | None:
        """Why a row is not taken now; None: it is."""
        check = _CHECKS.get(question.row.name)
        return None if check is None else check(self, question)

    def _in_time(self, question: TransitionQuestion) -> Reason | None:
        """Who joins or leaves a group does so before it closes."""
        closes = question.transaction.moments.get("closes")
        if closes is None or question.at < closes:
            return None
        return Reason("goods_group_closed", {"closes": closes.isoformat()})

    def _short(self, question: TransitionQuestion) -> Reason | None:
        """What is left of an item is what lies in parcels or more, and no more than there was."""
        pieces, inside = bought(question.transaction, question.work), packed(question)
        if (reason := unclear(question.asks, pieces)) is not None:
            return reason
        left = {**pieces, **named(question.asks, pieces)}
        fits = all(inside.get(one, 0) <= left[one] <= pieces[one] for one in pieces)
        if fits and left != pieces and any(left.values()):
            return None
        least = {one: inside.get(one, 0) for one in pieces}
        params = {"least": told(least, pieces), "most": told(pieces, pieces)}
        return Reason("goods_short_of_some", params)

    def _pack(self, question: TransitionQuestion) -> Reason | None:
        name, pieces = question.asks["parcel"], bought(question.transaction, question.work)
        if any(one["parcel"] == name for one in parcels(question)):
            return Reason("goods_parcel_twice", {"parcel": name})
        if (reason := unclear(question.asks, pieces)) is not None:
            return reason
        rest = unpacked(question)
        inside = named(question.asks, pieces)
        if any(inside.values()) and all(0 <= inside[one] <= rest.get(one, 0) for one in inside):
            return None
        return Reason("goods_parcel_of_the_rest", {"most": told(rest, pieces)})

    def _ship(self, question: TransitionQuestion) -> Reason | None:
        if all(ask.required for ask in question.row.asks):
            return None  # A process that knows one parcel only, such as a sample's.
        rest, name = unpacked(question), question.asks.get("parcel")
        if rest and name is None:
            pieces = bought(question.transaction, question.work)
            return Reason("goods_pieces_left", {"left": told(rest, pieces)})
        if not rest and name is not None:
            return Reason("goods_all_packed")
        if any(one["parcel"] == name for one in parcels(question)):
            return Reason("goods_parcel_twice", {"parcel": name})
        return None

    def _arrived(self, question: TransitionQuestion) -> Reason | None:
        known = [one["parcel"] for one in parcels(question) if "evidence" not in one]
        if question.asks["parcel"] in known:
            return None
        return Reason("goods_no_such_parcel", {"known": ", ".join(known)})

    def _deliver(self, question: TransitionQuestion) -> Reason | None:
        """Who delivers the last parcel delivers all; two under way are not all there."""
        away = [one["parcel"] for one in parcels(question) if "evidence" not in one]
        return Reason("goods_parcels_away", {"known": ", ".join(away)}) if len(away) > 1 else None

    def _extend(self, question: TransitionQuestion) -> Reason | None:
        """The first end is kept, so that many small steps come no further than one big one."""
        now = question.transaction.moments["protected_until"]
        most = first_end(question) + self.limits.extend
        asked = question.asks["protected_until"]
        if now < asked <= most:
            return None
        return Reason("goods_extend_within", {"first": now.isoformat(), "last": most.isoformat()})

    def _resend(self, question: TransitionQuestion) -> Reason | None:
        sent = question.transaction.attributes.get("resends", 0)
        if sent >= self.limits.resends:
            return Reason("goods_resent_enough", {"most": self.limits.resends})
        last_ship = question.at + self.times.handling + self.times.transit
        ship_by, until = question.asks["ship_by"], question.asks["protected_until"]
        last = last_ship + self.times.transit + self.times.protection
        if question.at < ship_by <= last_ship and ship_by < until <= last:
            return None
        return Reason(
            "goods_resend_within", {"ship": last_ship.isoformat(), "last": last.isoformat()}
        )

    def _money(self, question: TransitionQuestion) -> Reason | None:
        """A refund lies between nothing and what is owed."""
        asked, most = question.asks.get("refund"), self._owed(question)
        if asked is None or 0 <= asked.amount <= most:
            return None
        return Reason("goods_refund_within", {"most": most, "currency": asked.currency})

    def _owed(self, question: TransitionQuestion | FactsQuestion) -> int:
        deal = question.transaction
        lines = Page(deal.currency, self.plugin).own(terms_of(question).lines)
        return customer_owes(lines, deal.currency).amount

    def facts(self, question: FactsQuestion) -> Mapping[str, Any] | None:
        """What a row tells, kept in the deal: parcels, what was wanted, who pays the way back."""
        row, asks, known = question.row.name, question.asks, question.transaction.attributes
        if row in ("complain", "ask"):
            # Who names no sum wants all of it.
            sum_asked = asks.get("refund")
            amount = self._owed(question) if sum_asked is None else sum_asked.amount
            return {WANTED: amount, "why": asks["why"]}
        if row == "short":
            pieces = bought(question.transaction, question.work)
            return {LEFT: {**pieces, **named(asks, pieces)}}
        if row in ("pack", "ship", "arrived", "deliver", "resend"):
            return _sent(question)
        if row == "reached":
            return {TOLD: True}
        if row == "extend":
            return {FIRST_END: first_end(question).isoformat()}
        if row == "hand_over":
            return {"licence": asks["licence"]}
        if row == "send_back":
            return {"parcel_back": asks["parcel"]}
        if row == "decide_return":
            return {FREIGHT: asks["freight"]}
        if row == "take_back":
            return {FREIGHT: _pays_back(question)}
        if row.startswith("show_"):
            return {"evidence": [*known.get("evidence", ()), asks["evidence"]]}
        return None


_CHECKS: Mapping[str, Callable[[Checks, TransitionQuestion], Reason | None]] = {
    "pay": Checks._in_time,
    "leave": Checks._in_time,
    "short": Checks._short,
    "pack": Checks._pack,
    "ship": Checks._ship,
    "arrived": Checks._arrived,
    "deliver": Checks._deliver,
    "extend": Checks._extend,
    "resend": Checks._resend,
    "complain": Checks._money,
    "ask": Checks._money,
    "agree": Checks._money,
    "decide": Checks._money,
}
"""By a row's name, what its conditions cannot say."""


def first_end(question: TransitionQuestion | FactsQuestion) -> datetime:
    """Until when the customer was protected before anybody extended it."""
    deal = question.transaction
    kept = deal.attributes.get(FIRST_END)
    return deal.moments["protected_until"] if kept is None else datetime.fromisoformat(str(kept))


def _sent(question: FactsQuestion) -> Mapping[str, Any]:
    row, asks, found = question.row.name, question.asks, parcels(question)
    if row == "resend":
        resends = question.transaction.attributes.get("resends", 0) + 1
        # A new journey has a protection of its own, to be extended from its own first end.
        return {PARCELS: [], "resends": resends, FIRST_END: asks["protected_until"].isoformat()}
    if row in ("pack", "ship"):
        if asks.get("parcel") is not None:
            pieces = bought(question.transaction, question.work)
            inside = named(asks, pieces) if row == "pack" else unpacked(question)
            inside = {number: count for number, count in inside.items() if count}
            quantity = sum(inside.values())
            found.append({"parcel": asks["parcel"], "quantity": quantity, "items": inside})
        return {PARCELS: found}
    for one in found:
        if "evidence" not in one and asks.get("parcel", one["parcel"]) == one["parcel"]:
            one["evidence"] = asks["evidence"]
    return {PARCELS: found}


def _pays_back(question: FactsQuestion) -> str:
    """Who pays for the parcel back when the seller takes it: as the listings said at the sale."""
    said = terms_of(question).policies.get(question.transaction.vertical, {}).get(RETURNS)
    return "provider" if said == "seller_pays" else "customer"


def terms_of(question: TransitionQuestion | FactsQuestion) -> Terms:
    """The terms in force."""
    deal = question.transaction
    found = question.work.find(Terms, transaction_id=deal.id, version=deal.terms_version)
    assert found is not None
    return found
