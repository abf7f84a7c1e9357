"""What Stripe's answers say in words, in English and Nepali."""

from __future__ import annotations

ENGLISH: dict[str, str] = {
    "amount_between_steps": "cards take this currency in steps of {step} of its smallest unit",
    "bank_asks_the_customer": "the bank asks whoever pays to confirm it",
    "capture_refused": "the bank does not give what it had set aside",
    "card_declined": "the bank declined the card",
    "card_expired": "the card has expired",
    "card_funds": "there is not enough on the card",
    "card_number_wrong": "the number of the card, or its security code, is not right",
    "card_try_later": "the bank could not be asked; try again in a while",
    "card_unfit": "this card cannot be used for such a payment",
    "currency_not_taken": "cards are not taken in {currency}",
    "hold_expired": "the bank gave up what it had set aside",
    "no_card": "no card was named that can be charged",
    "no_such_charge": "the bank knows no such charge",
    "paid_another_amount": "the bank was asked to confirm another amount",
    "payout_account_closed": "the account to be paid is not there any more",
    "no_such_payout": "the bank knows no such payout",
    "payout_account_inactive": "the account to be paid cannot take money yet",
    "payout_account_short": "there is not so much in the account any more",
    "refund_above_captured": "more was to be given back than was taken",
    "refund_refused": "the bank takes nothing back for this card",
    "raise_refused": "the bank sets no more aside for this card",
    "stripe_refused": "the payment was not accepted ({code})",
    "take_back_refused": "nothing more of this payout can be taken back",
}

NEPALI: dict[str, str] = {
    "amount_between_steps": "कार्डमा यो मुद्राको सबैभन्दा सानो एकाइ {step} को दरमा मात्र लिइन्छ",
    "bank_asks_the_customer": "बैंकले तिर्नेलाई पुष्टि गर्न भन्छ",
    "capture_refused": "बैंकले छुट्याएको रकम दिँदैन",
    "card_declined": "बैंकले कार्ड स्वीकार गरेन",
    "card_expired": "कार्डको म्याद सकियो",
    "card_funds": "कार्डमा पर्याप्त रकम छैन",
    "card_number_wrong": "कार्डको नम्बर वा सुरक्षा कोड मिलेन",
    "card_try_later": "बैंकलाई सोध्न सकिएन; केही बेरमा फेरि प्रयास गर्नुहोस्",
    "card_unfit": "यस्तो भुक्तानीमा यो कार्ड चल्दैन",
    "currency_not_taken": "कार्डमा {currency} लिइँदैन",
    "hold_expired": "बैंकले छुट्याएको रकम फिर्ता छोड्यो",
    "no_card": "तिर्न मिल्ने कुनै कार्ड दिइएन",
    "no_such_charge": "बैंकलाई यस्तो भुक्तानी थाहा छैन",
    "paid_another_amount": "बैंकलाई अर्कै रकम पुष्टि गर्न भनिएको थियो",
    "payout_account_closed": "पैसा पाउने खाता अब छैन",
    "no_such_payout": "बैंकलाई यस्तो पठाइएको रकम थाहा छैन",
    "payout_account_inactive": "पैसा पाउने खाताले अझै पैसा लिन सक्दैन",
    "payout_account_short": "खातामा अब त्यति रकम छैन",
    "refund_above_captured": "लिइएको भन्दा बढी फिर्ता गर्न खोजियो",
    "refund_refused": "बैंकले यस कार्डमा केही फिर्ता लिँदैन",
    "raise_refused": "बैंकले यस कार्डमा थप रकम छुट्याउँदैन",
    "stripe_refused": "भुक्तानी स्वीकार भएन ({code})",
    "take_back_refused": "यस भुक्तानीबाट अब केही फिर्ता लिन सकिँदैन",
}

_FUNDS = {"insufficient_funds", "withdrawal_count_limit_exceeded", "card_velocity_exceeded"}
_NUMBER = {
    "incorrect_number", "invalid_number", "incorrect_cvc", "invalid_cvc", "incorrect_zip",
    "incorrect_address", "invalid_expiry_month", "invalid_expiry_year", "invalid_account",
}  # fmt: skip
_LATER = {"processing_error", "issuer_not_available", "try_again_later", "reenter_transaction"}
_UNFIT = {
    "card_not_supported", "currency_not_supported", "transaction_not_allowed", "not_permitted",
    "service_not_allowed", "testmode_decline",
}  # fmt: skip


def declined(code: str, decline: str) -> str:
    """The reason that whoever pays may be told.

    A bank's suspicion (``fraudulent``, ``lost_card``, ``stolen_card``) is told to nobody: it is a
    plain no.
    """
    said = {code, decline}
    if "expired_card" in said:
        return "card_expired"
    for known, reason in (
        (_FUNDS, "card_funds"),
        (_NUMBER, "card_number_wrong"),
        (_LATER, "card_try_later"),
        (_UNFIT, "card_unfit"),
    ):
        if said & known:
            return reason
    return "card_declined"
