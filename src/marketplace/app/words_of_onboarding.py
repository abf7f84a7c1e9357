"""Words of onboarding and of payouts that wait, in English and Nepali."""

from __future__ import annotations

ENGLISH: dict[str, str] = {
    "document_missing": "{document} is not there yet ({requirement})",
    "document_waits": "{document} waits to be looked at ({requirement})",
    "document_rejected": "{document} was rejected; hand in another one ({requirement})",
    "document_expired": "{document} has expired; hand in a new one ({requirement})",
    "payout_account_missing": "no account to be paid out to is named ({requirement})",
    "payout_account_unverified": "the account to be paid out to is not verified yet",
    "payout_account_rejected": "the account to be paid out to in {currency} was rejected",
    "payout_account_new": "the account to be paid out to is new; nothing goes to it before {until}",
    "payout_reserve": (
        "{held:money} of the {earned:money} earned within {days} {days|day|days} stay as a "
        "reserve, {bp:percent}"
    ),
    "payout_below_least": "{free:money} is there; less than {least:money} is not paid out",
    "provider_not_ready": "the other side cannot take this now",
    "notify.party.payout_account_changed": (
        "The account you are paid out to in {currency} was changed. If it was not you, "
        "say so at once."
    ),
    "notify.party.payout_account_verified": (
        "The account you are paid out to in {currency} is verified."
    ),
    "notify.party.payout_account_rejected": (
        "The account you are paid out to in {currency} was rejected. {reason}"
    ),
    "notify.party.payout_waits": "Your payout of {amount} waits: something is to be shown first.",
}
NEPALI: dict[str, str] = {
    "document_missing": "{document} अझै छैन ({requirement})",
    "document_waits": "{document} हेरिन बाँकी छ ({requirement})",
    "document_rejected": "{document} अस्वीकृत भयो; अर्को दिनुहोस् ({requirement})",
    "document_expired": "{document} को म्याद सकियो; नयाँ दिनुहोस् ({requirement})",
    "payout_account_missing": "भुक्तानी पाउने खाता तोकिएको छैन ({requirement})",
    "payout_account_unverified": "भुक्तानी पाउने खाता प्रमाणित भएको छैन",
    "payout_account_rejected": "{currency} भुक्तानी पाउने खाता अस्वीकृत भयो",
    "payout_account_new": "भुक्तानी पाउने खाता नयाँ हो; {until} अघि त्यहाँ केही जाँदैन",
    "payout_reserve": (
        "{days} दिनभित्र कमाएको {earned:money} मध्ये {held:money} जगेडा रहन्छ, {bp:percent}"
    ),
    "payout_below_least": "{free:money} छ; {least:money} भन्दा कम पठाइँदैन",
    "provider_not_ready": "अर्को पक्षले अहिले यो लिन सक्दैन",
    "notify.party.payout_account_changed": (
        "तपाईंको {currency} भुक्तानी पाउने खाता बदलियो। तपाईंले नगरेको भए तुरुन्त भन्नुहोस्।"
    ),
    "notify.party.payout_account_verified": "तपाईंको {currency} भुक्तानी पाउने खाता प्रमाणित भयो।",
    "notify.party.payout_account_rejected": (
        "तपाईंको {currency} भुक्तानी पाउने खाता अस्वीकृत भयो। {reason}"
    ),
    "notify.party.payout_waits": "तपाईंको {amount} को भुक्तानी पर्खिँदैछ: पहिले केही देखाउनुपर्छ।",
}
