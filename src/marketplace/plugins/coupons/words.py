"""Catalogues of the coupons' lines and reasons, in English and Nepali."""

from __future__ import annotations

ENGLISH: dict[str, str] = {
    "word.line.discount": "coupon",
    "word.line.discount_percent": "coupon in per cent",
    "word.line.discount_tax": "tax on what a coupon took off",
    "line.discount": "{money} off by coupon {coupon}, borne by the {payer:word}",
    "line.discount_percent": (
        "{money} off: {bp:percent} by coupon {coupon}, borne by the {payer:word}"
    ),
    "line.discount_tax": "{money} less for the {payer:word}: the price is lower by coupon {coupon}",
    "coupon_unknown": "there is no coupon {coupon}",
    "coupon_expired": "coupon {coupon} was good until {at}",
    "coupon_not_for_this": "coupon {coupon} is not for this",
    "coupon_used_up": "coupon {coupon} is used up",
    "coupon_used_by_you": "coupon {coupon} is for {uses} {uses|time|times} each",
    "coupon_first_deal_only": "coupon {coupon} is for a first deal",
    "coupon_too_small": ("coupon {coupon} is from {minimum:money} on, this comes to {total:money}"),
    "coupon_not_together": "coupon {coupon} gives less than what it does not go together with",
    "coupon_cut": (
        "coupon {coupon} gives {given:money} of its {asked:money}: there is no more to take off"
    ),
    "coupon_nothing_left": "coupon {coupon} gives nothing: there is no more to take off",
    "coupon_not_on": "coupon {coupon} gives nothing on this occasion ({occasion})",
}

NEPALI: dict[str, str] = {
    "word.line.discount": "कुपन छुट",
    "word.line.discount_percent": "प्रतिशत कुपन छुट",
    "word.line.discount_tax": "कुपन छुटको कर",
    "line.discount": "कुपन {coupon} बाट {money} छुट, {payer:word} ले व्यहोर्ने",
    "line.discount_percent": "कुपन {coupon}: {bp:percent}, {money} छुट, {payer:word} ले व्यहोर्ने",
    "line.discount_tax": "कुपन {coupon} ले मूल्य घटेकाले {payer:word} लाई {money} कम",
    "coupon_unknown": "कुपन {coupon} छैन",
    "coupon_expired": "कुपन {coupon} को म्याद {at} मा सकियो",
    "coupon_not_for_this": "कुपन {coupon} यसका लागि होइन",
    "coupon_used_up": "कुपन {coupon} सकियो",
    "coupon_used_by_you": "कुपन {coupon} एक जनाले {uses} पटक मात्र चलाउन पाउँछ",
    "coupon_first_deal_only": "कुपन {coupon} पहिलो कारोबारका लागि मात्र हो",
    "coupon_too_small": "कुपन {coupon} {minimum:money} देखि चल्छ, यो {total:money} मात्र भयो",
    "coupon_not_together": "कुपन {coupon} अरूसँग चल्दैन, र यसले कम छुट दिन्छ",
    "coupon_cut": "कुपन {coupon} को {asked:money} मध्ये {given:money} मात्र घट्यो",
    "coupon_nothing_left": "कुपन {coupon} बाट केही घटेन; घटाउने बाँकी छैन",
    "coupon_not_on": "यस अवसरमा ({occasion}) कुपन {coupon} ले छुट दिँदैन",
}
