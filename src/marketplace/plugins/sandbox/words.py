"""What a bank says, in English and Nepali."""

from __future__ import annotations

WORDS = {
    "en": {
        "card_declined": "the bank declined the card",
        "bank_asks_the_customer": "the bank asks whoever pays to confirm it",
        "capture_refused": "the bank does not give what it had set aside",
        "hold_expired": "the bank gave up what it had set aside",
        "refund_refused": "the bank takes nothing back for this card",
        "refund_above_captured": "more was to be given back than was taken",
        "already_taken": "the bank has taken it already, and gives nothing up",
        "no_such_charge": "the bank knows no such charge",
        "account_closed": "the bank knows no such account any more",
        "no_such_payout": "the bank knows no such payout",
        "take_back_above_payout": "more was to be taken back than the payout left there",
        "payout_account_short": "there is not so much in the account any more",
    },
    "ne": {
        "card_declined": "बैंकले कार्ड स्वीकार गरेन",
        "bank_asks_the_customer": "बैंकले तिर्नेलाई पुष्टि गर्न भन्छ",
        "capture_refused": "बैंकले छुट्याएको रकम दिँदैन",
        "hold_expired": "बैंकले छुट्याएको रकम फिर्ता छोड्यो",
        "refund_refused": "बैंकले यस कार्डमा केही फिर्ता लिँदैन",
        "refund_above_captured": "लिइएको भन्दा बढी फिर्ता गर्न खोजियो",
        "already_taken": "बैंकले रकम लिइसकेको छ, अब छोड्न मिल्दैन",
        "no_such_charge": "बैंकलाई यस्तो भुक्तानी थाहा छैन",
        "account_closed": "बैंकमा यो खाता अब छैन",
        "no_such_payout": "बैंकलाई यस्तो पठाइएको रकम थाहा छैन",
        "take_back_above_payout": "पठाइएकोमा बाँकीभन्दा बढी फिर्ता लिन खोजियो",
        "payout_account_short": "खातामा अब त्यति रकम छैन",
    },
}
