"""Sentences about stays as deals: what was kept, given back, claimed, and why."""

from __future__ import annotations

ENGLISH = {
    "word.line.kept_nights": "nights that are kept",
    "word.line.kept_hours": "hours that are kept",
    "word.line.kept_slots": "slots that are kept",
    "word.line.kept_extra_guests": "extra guests, kept",
    "word.line.kept_fee": "the marketplace's fee, kept",
    "word.line.kept_tax": "tax on what is kept",
    "word.line.host_cancellation_fee": "the host cancelled",
    "word.line.excused": "borne by the marketplace",
    "word.line.deposit": "deposit",
    "word.line.damage": "damage",
    "line.kept_nights": "{money}: nights that the host keeps",
    "line.kept_hours": "{money}: hours that the tutor keeps",
    "line.kept_slots": "{money}: slots that the provider keeps",
    "line.kept_extra_guests": "{money}: guests above those included, on what is kept",
    "line.kept_fee": "{money}: the marketplace's fee, {bp:percent} of the {of:money} it was",
    "line.kept_tax": "{money}: {name}, on what is kept",
    "line.host_cancellation_fee": "{money}: the host cancelled ({bp:percent} of {of:money})",
    "line.excused": "{money}: the marketplace bears it",
    "line.deposit": "{money}: damage deposit",
    "line.damage": "{money}: damage",
    "stay_within_grace": (
        "cancelled within {hours} h of booking and {days} {days|day|days} or more before check-in: "
        "everything goes back"
    ),
    "stay_cancelled_in_time": (
        "cancelled before {until} there (row {row} of the schedule): {bp:percent} of the nights "
        "goes back"
    ),
    "stay_cancelled_late": (
        "cancelled too late for the schedule: {nights|the night is|all {nights} nights are} kept"
    ),
    "stay_nights_stayed_and_more": (
        "the host keeps {stayed} {stayed|night|nights} stayed and {more} more, and "
        "{rest_bp:percent} of the rest"
    ),
    "stay_fee_kept": (
        "the marketplace's fee was given back {times} {times|time|times} in a year; "
        "{most} {most|is|are}"
    ),
    "stay_fee_given_back": "the marketplace's fee goes back, for time {times} in a year",
    "stay_owed_now": "{was:money} was owed, {is:money} is owed now: {back:money} goes back",
    "stay_host_cancelled": "the host cancelled {hours} h or more ahead: {bp:percent} of the nights",
    "stay_excused": "excused ({reason}); the {bearer} bears it",
    "stay_altered": "the stay was altered, and priced anew",
    "stay_claimed": "claimed from the deposit: {damage}",
    "stay_claim_not_decided": "nobody decided about the claim in time: the deposit goes back",
    "stay_beyond_the_deposit": "the deposit is {most}, not {amount}",
    "stay_claim_of_nothing": "a claim is for more than nothing, not {amount}",
    "stay_unknown_cancellation": "no schedule is called {name}; there are: {known}",
    "stay_host_is_asked": "this host wants to be asked: ask, or accept the host's offer",
    "stay_never_began": "this stay was given up before it began: its deposit goes back",
}
NEPALI = {
    "word.line.kept_nights": "राखिएका रातहरू",
    "word.line.kept_hours": "राखिएका घण्टाहरू",
    "word.line.kept_slots": "राखिएका पालोहरू",
    "word.line.kept_extra_guests": "राखिएको थप पाहुना",
    "word.line.kept_fee": "राखिएको मार्केटप्लेसको शुल्क",
    "word.line.kept_tax": "राखिएको अंशको कर",
    "word.line.host_cancellation_fee": "घरधनीले रद्द गरेको शुल्क",
    "word.line.excused": "बजारले बेहोरेको",
    "word.line.deposit": "धरौटी",
    "word.line.damage": "क्षति",
    "line.kept_nights": "{money}: घरधनीले राख्ने रातहरू",
    "line.kept_hours": "{money}: शिक्षकले राख्ने घण्टाहरू",
    "line.kept_slots": "{money}: प्रदायकले राख्ने समय",
    "line.kept_extra_guests": "{money}: थप पाहुना, राखिएको अंशमा",
    "line.kept_fee": "{money}: मार्केटप्लेसको शुल्क, पहिलेको {of:money} को {bp:percent}",
    "line.kept_tax": "{money}: {name}, राखिएको अंशमा",
    "line.host_cancellation_fee": "{money}: घरधनीले रद्द गर्नुभयो ({of:money} को {bp:percent})",
    "line.excused": "{money}: बजारले बेहोर्छ",
    "line.deposit": "{money}: क्षतिको धरौटी",
    "line.damage": "{money}: क्षति",
    "stay_within_grace": "बुकिङको {hours} घण्टाभित्र र {days} दिन अगावै रद्द: सबै फिर्ता",
    "stay_cancelled_in_time": "{until} अघि रद्द (नियम {row}): रातहरूको {bp:percent} फिर्ता",
    "stay_cancelled_late": "ढिलो रद्द: सबै {nights} रात राखिन्छ",
    "stay_nights_stayed_and_more": (
        "बसेका {stayed} रात र थप {more} रात, बाँकीको {rest_bp:percent} घरधनीले राख्नुहुन्छ"
    ),
    "stay_fee_kept": "बजारको शुल्क वर्षमा {times} पटक फिर्ता भइसक्यो; सीमा {most}",
    "stay_fee_given_back": "बजारको शुल्क फिर्ता, वर्षमा {times} औँ पटक",
    "stay_owed_now": "{was:money} तिर्नुपर्ने थियो, अब {is:money}: {back:money} फिर्ता",
    "stay_host_cancelled": "घरधनीले {hours} घण्टा अगावै रद्द गर्नुभयो: रातहरूको {bp:percent}",
    "stay_excused": "माफी ({reason}); {bearer} ले बेहोर्छ",
    "stay_altered": "बसाइ बदलियो, मूल्य फेरि तोकियो",
    "stay_claimed": "धरौटीबाट दाबी: {damage}",
    "stay_claim_not_decided": "दाबीको निर्णय समयमा भएन: धरौटी फिर्ता",
    "stay_beyond_the_deposit": "धरौटी {most} हो, {amount} होइन",
    "stay_claim_of_nothing": "दाबी शून्यभन्दा बढीको हुन्छ, {amount} को होइन",
    "stay_unknown_cancellation": "{name} नामको नियम छैन; यी छन्: {known}",
    "stay_host_is_asked": "यस घरधनीलाई पहिले सोध्नुपर्छ",
    "stay_never_began": "यो बसाइ सुरु हुनुअघि नै रद्द भयो: धरौटी फिर्ता",
}
