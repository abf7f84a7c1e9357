"""A twin of Stripe's API that runs beside the tests: stateful, on loopback, without a network.

It answers what `marketplace` asks of Stripe Connect, in API version `2026-10-28.endive`, refuses
what Stripe refuses, moves money as Stripe moves it, signs webhooks, and does wrong on demand.
What it takes to be Stripe's conduct was read in Stripe's documentation and OpenAPI document; it
settles every currency in itself and knows no direct charges.
"""

from .answering import Call
from .faults import Fault, Faults
from .rules import API_VERSION, Rules
from .twin import StripeTwin
from .webhooks import Delivery

__all__ = ["API_VERSION", "Call", "Delivery", "Fault", "Faults", "Rules", "StripeTwin"]
