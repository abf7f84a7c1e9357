"""Which version of a stay's terms counts, and from when to when the stay is by that version."""

from __future__ import annotations

from datetime import datetime

from marketplace import Payment, PricingQuestion, Reason, Terms, customer_owes
from marketplace.plugins.stays.rows import DEPOSIT


def paid(question: PricingQuestion) -> int:
    """What the guest has given and not got back, in minor units, deposits aside."""
    assert question.transaction is not None
    payments = question.work.select(Payment, {"transaction_id": question.transaction.id}, limit=100)
    return sum(one.kept for one in payments if one.purse != DEPOSIT)


def in_force(question: PricingQuestion) -> Terms:
    """The terms that count; those before an alteration while what it asks more is not paid."""
    deal, terms = question.transaction, question.terms
    assert deal is not None
    assert terms is not None
    if deal.state not in ("short", "unheld"):
        return terms
    chain = question.work.select(Terms, {"transaction_id": deal.id}, order="version")
    if deal.state == "unheld":
        return chain[-2]
    given = paid(question)
    for one in reversed(chain):
        if customer_owes(one.lines, deal.currency).amount <= given:
            return one
    return terms


def span_of(question: PricingQuestion) -> tuple[datetime, datetime]:
    """From when to when the stay is by the terms in force: new dates count once they are paid."""
    deal, terms, request = question.transaction, in_force(question), question.request
    assert deal is not None
    told = [one for one in terms.reasons if one.code == "stay_altered" and "start" in one.params]
    if told:
        found = (datetime.fromisoformat(str(told[0].params[one])) for one in ("start", "end"))
        return next(found), next(found)
    if terms.version == 1 and request is not None and request.start and request.end:
        return request.start, request.end
    return deal.moments["start"], deal.moments["end"]


def altered(question: PricingQuestion) -> Reason:
    """Other dates, written beside their price: so each version of the terms knows its own."""
    assert question.transaction is not None
    moments = question.transaction.moments
    dates = {name: moments[name].isoformat() for name in ("start", "end")}
    return Reason("stay_altered", dates)
