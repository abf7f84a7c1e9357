"""Words of what payment providers say by themselves, in English and Nepali."""

from __future__ import annotations

ENGLISH: dict[str, str] = {
    "payment_differs": "the payment provider says otherwise than the books: {said}",
    "notice_under_way": "{reference} is just being asked about; its answer is awaited",
    "notice_of_before": "{reference} was decided on before",
    "notice_of_unknown": "nothing here is called {reference}",
    "notice_of_another": "{reference} is known here by another name",
    "notice_of_test": "it is about test money, and this marketplace has real money",
    "notice_of_live": "it is about real money, and this marketplace has test money",
    "notice_of_other_account": "the account {account} is nobody's here",
    "confirmed_too_late": "{reference} was confirmed too late: {money} goes back",
    "notify.payment.goes_back": (
        "You confirmed {money} at your bank when nothing waited for it any more. "
        "It goes back to you."
    ),
    "notify.payment.confirmed_at_bank": "Your bank has your word. Confirm it here as well.",
    "notify.party.payout_account_restricted": (
        "Nothing can be paid to your account in {currency} just now. {reason}"
    ),
}

NEPALI: dict[str, str] = {
    "payment_differs": "भुक्तानी सेवाले खाताभन्दा फरक भन्छ: {said}",
    "notice_under_way": "{reference} बारे भर्खरै सोधिँदैछ; जवाफ आउन बाँकी छ",
    "notice_of_before": "{reference} को निर्णय पहिले नै भइसकेको छ",
    "notice_of_unknown": "यहाँ {reference} नामको केही छैन",
    "notice_of_another": "{reference} यहाँ अर्कै नामले चिनिन्छ",
    "notice_of_test": "यो परीक्षण रकमको कुरा हो, यहाँ साँचो रकम चल्छ",
    "notice_of_live": "यो साँचो रकमको कुरा हो, यहाँ परीक्षण रकम चल्छ",
    "notice_of_other_account": "{account} खाता यहाँ कसैको होइन",
    "confirmed_too_late": "{reference} ढिलो पुष्टि भयो: {money} फिर्ता जान्छ",
    "notify.payment.goes_back": (
        "तपाईंले बैंकमा {money} पुष्टि गर्नुभयो, तर अब त्यो चाहिएको छैन। रकम तपाईंलाई फिर्ता जान्छ।"
    ),
    "notify.payment.confirmed_at_bank": "तपाईंको बैंकले पुष्टि पायो। यहाँ पनि पुष्टि गर्नुहोस्।",
    "notify.party.payout_account_restricted": (
        "अहिले तपाईंको {currency} खातामा केही पठाउन सकिँदैन। {reason}"
    ),
}
