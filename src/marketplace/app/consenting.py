"""How a customer pays what it offers: said with the offer, used when the other side says yes."""

from __future__ import annotations

from marketplace.app.door import Act
from marketplace.domain.evolving import evolve
from marketplace.domain.party import CUSTOMER
from marketplace.domain.payment import Consent, Pay
from marketplace.domain.quote import Quote
from marketplace.domain.request import Request
from marketplace.errors import Forbidden, InvalidInput


def will_pay(act: Act, request: Request, terms: Quote, pay: Pay) -> None:
    """Keep how the customer pays what he offers, for the moment when the other side says yes."""
    if act.actor.party_id != request.customer_id:
        raise Forbidden("the customer says how he pays; leave pay out")
    if pay.amount is not None or pay.party_id not in (None, request.customer_id):
        raise InvalidInput("an offer is paid whole, by its customer: give a method and its means")
    act.context.method(pay.method)
    before = act.work.find(Consent, request_id=request.id, party_id=request.customer_id)
    most = max(terms.payin.amount, 0 if before is None else before.most)
    now, currency = act.at, request.currency
    me = request.customer_id
    act.work.put(Consent(request.id, me, pay.method, most, currency, now, pay.means))


def as_agreed(act: Act, request: Request, quote: Quote) -> tuple[Pay, ...]:
    """How the customer said he pays his own offer, which somebody else now accepts: every purse
    of it."""
    consent = act.work.find(Consent, request_id=request.id, party_id=request.customer_id)
    if consent is None:
        return ()
    purses = dict.fromkeys(line.purse for line in quote.lines if line.payer == CUSTOMER.name)
    pay = Pay(consent.method, means=consent.means)
    return tuple(evolve(pay, purse=purse) for purse in purses) or (pay,)
