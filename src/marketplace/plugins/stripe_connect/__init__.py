"""Stripe Connect: customers pay by card, sellers are paid to their accounts with Stripe.

``StripeConnect(…)`` is the plugin and the payment provider ``stripe``; ``StripeDesk(market)`` makes
sellers' accounts and answers banks. The pages, each of which knows only those before it:
``settings`` and ``amounts`` (what is refused, how Stripe counts), ``words``, ``calling`` (the one
place where it is called), ``answering``, ``cards``, ``charges``, ``earnings`` and ``looking``
(orders), ``signing`` and ``standing`` (notices), ``statement`` (movements), ``tables`` and
``kept``, ``plugin`` and ``desk``.
"""

from marketplace.plugins.stripe_connect.desk import StripeDesk
from marketplace.plugins.stripe_connect.kept import StripeAccount, StripeSent
from marketplace.plugins.stripe_connect.plugin import StripeConnect

__all__ = ["StripeAccount", "StripeConnect", "StripeDesk", "StripeSent"]
