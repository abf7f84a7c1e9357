"""What people hear of moderation and of approvals, in English and Nepali."""

from __future__ import annotations

ENGLISH: dict[str, str] = {
    "word.listing": "listing",
    "word.review": "review",
    "word.message": "message",
    "word.party": "account",
    "word.warn": "this is a warning",
    "word.take down": "it was taken down",
    "word.suspend": "your account was suspended",
    "case_signalled": "the marketplace itself noticed this {kind:word}: {signal}",
    "case_reported": "the {kind:word} was reported under the rule “{rule}”: {text}",
    "case_dismissed": "looked at and left as it is: {text}",
    "case_decided": "decided by the rule “{rule}”, {action:word}: {text}",
    "case_struck": "it counts {strikes} {strikes|strike|strikes} until {until}",
    "case_suspended": "with it the account was suspended",
    "case_appealed": "the decision was appealed: {text}",
    "case_upheld": "on appeal the decision stands: {text}",
    "case_reversed": "the decision was reversed, and what was done is undone: {text}",
    "message_withdrawn": "withdrawn by the rule “{rule}”: {text}",
    "notify.report.upheld": "What you reported breaks our rules, and we acted. Thank you.",
    "notify.report.dismissed": "We looked at the {kind:word} that you reported and left it.",
    "notify.case.decided": (
        "Your {kind:word} breaks the rule “{rule}”, and {action:word}: {text} "
        "You may appeal until {appeal_by}."
    ),
    "notify.case.upheld": "Somebody else looked at your appeal; the decision stands: {text}",
    "notify.case.reversed": "The decision on your {kind:word} was wrong and is undone: {text}",
    "live_deals": "deals are not over yet: {deals}",
    "dispute_open": "a dispute is open: {disputes}",
    "owes": "{amount:money} are owed ({account})",
    "money_held": "{amount:money} are kept here ({account}); pay them out first",
    "payout_on_its_way": "{amount:money} are on their way to a bank",
    "case_open": "a case of moderation is not decided",
    "erased": "what this said was erased",
    "needs_second_approver": (
        "{name} refunds {limit:money} at most alone, and this is {money}; "
        "somebody else must approve"
    ),
}

NEPALI: dict[str, str] = {
    "word.listing": "सूची",
    "word.review": "समीक्षा",
    "word.message": "सन्देश",
    "word.party": "खाता",
    "word.warn": "यो चेतावनी हो",
    "word.take down": "त्यो हटाइयो",
    "word.suspend": "तपाईंको खाता रोकियो",
    "case_signalled": "यो {kind:word} बजार आफैँले देख्यो: {signal}",
    "case_reported": "“{rule}” नियमअन्तर्गत यो {kind:word} बारे उजुरी आयो: {text}",
    "case_dismissed": "हेरियो र जस्ताको तस्तै राखियो: {text}",
    "case_decided": "“{rule}” नियमअनुसार निर्णय भयो, {action:word}: {text}",
    "case_struck": "{until} सम्म {strikes} पटकको चेतावनी गनिन्छ",
    "case_suspended": "यससँगै खाता रोकियो",
    "case_appealed": "निर्णयविरुद्ध पुनरावेदन गरियो: {text}",
    "case_upheld": "पुनरावेदनमा निर्णय सदर भयो: {text}",
    "case_reversed": "निर्णय उल्टियो, र गरिएको कुरा फर्काइयो: {text}",
    "message_withdrawn": "“{rule}” नियमअनुसार हटाइयो: {text}",
    "notify.report.upheld": "तपाईंले उजुरी गर्नुभएको कुरा नियमविपरीत रहेछ, कारबाही भयो। धन्यवाद।",
    "notify.report.dismissed": "तपाईंले उजुरी गर्नुभएको {kind:word} हेरियो र राखियो।",
    "notify.case.decided": (
        "तपाईंको {kind:word} ले “{rule}” नियम तोड्यो, र {action:word}: {text} "
        "{appeal_by} सम्म पुनरावेदन गर्न सक्नुहुन्छ।"
    ),
    "notify.case.upheld": "अर्कै व्यक्तिले तपाईंको पुनरावेदन हेरे; निर्णय सदर भयो: {text}",
    "notify.case.reversed": "तपाईंको {kind:word} बारेको निर्णय गलत थियो, फर्काइयो: {text}",
    "live_deals": "कारोबार सकिएका छैनन्: {deals}",
    "dispute_open": "विवाद खुला छ: {disputes}",
    "owes": "{amount:money} तिर्न बाँकी छ ({account})",
    "money_held": "{amount:money} यहाँ छ ({account}); पहिले भुक्तानी गर्नुहोस्",
    "payout_on_its_way": "{amount:money} बैंकतिर जाँदैछ",
    "case_open": "उजुरीको निर्णय भएको छैन",
    "erased": "यसमा भएको कुरा मेटाइयो",
    "needs_second_approver": (
        "{name} एक्लैले {limit:money} सम्म फिर्ता दिन मिल्छ, यो {money} हो; अर्को व्यक्ति चाहिन्छ"
    ),
}
