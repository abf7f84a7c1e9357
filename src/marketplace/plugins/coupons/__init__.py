"""Coupons: discounts by code, each with a payer named, redeemed once for each use it has.

``Coupons()`` is the plugin, to be given after the verticals; ``CouponDesk(market)`` has the verbs.
The pages, each of which knows only those before it: ``codes`` (what is typed), ``coupon`` (the
values), ``tables`` and ``kept`` (where they are kept), ``discounts`` (lines of a price),
``conditions`` (for whom and what), ``redeeming`` (counted when a deal opens, and given back),
``plugin`` and ``desk``.
"""

from marketplace.plugins.coupons.coupon import Coupon, Presented, Redemption
from marketplace.plugins.coupons.desk import CouponDesk
from marketplace.plugins.coupons.plugin import Coupons

__all__ = ["Coupon", "CouponDesk", "Coupons", "Presented", "Redemption"]
