"""The core's own catalogues: code to template, in English and Nepali."""

from __future__ import annotations

from marketplace.app import (
    entry_words,
    moderation_words,
    words_of_notices,
    words_of_onboarding,
)

ENGLISH: dict[str, str] = {
    **moderation_words.ENGLISH,
    **words_of_notices.ENGLISH,
    **words_of_onboarding.ENGLISH,
    **entry_words.ENGLISH,
    "repriced": "the price was worked out anew for {occasion} when {by} took “{row}”",
    "fault": "the fault lies with the {role} ({occasion})",
    "row_came_to_nothing": "“{row}” came to nothing, so the lines before it hold again",
    "hold_given_up": "the hold on the {purse} was given up; nothing is owed from it",
    "settlement_waits": "the {purse} lies in escrow until the dispute has ended",
    "decided_so": "the operator decided the dispute about “{cause}”: this is what holds now",
    "chargeback_opened": (
        "the payer's bank took {money} of the {purse} back ({cause}); nobody is paid before it "
        "decides"
    ),
    "chargeback_won": "the payer's bank gave the {money} of the {purse} back",
    "chargeback_lost": "the payer's bank keeps the {money} that it took of the {purse}",
    "chargeback_borne": "{party} bears {money} of what the bank keeps",
    "chargeback_borne_here": "the marketplace bears {money} of what the bank keeps ({account})",
    "chargeback_fee_borne": "{party} bears {money} of the payment provider's fee for it",
    "notify.transaction.chargeback_opened": (
        "A bank took {money} of the {purse} back. You may show what you have as evidence."
    ),
    "notify.transaction.chargeback_won": "The bank gave the {money} of the {purse} back.",
    "notify.transaction.chargeback_lost": "The bank keeps the {money} of the {purse}.",
    "notify.transaction.chargeback_borne": "{money} that a bank keeps is taken from what you have.",
    "paid_at_rate": (
        "{shown} for {price}: {numerator} {target} for {denominator} {source}, by {name}"
    ),
    "line.agreed_price": "{money}: the price both sides agreed on",
    "word.line.agreed_price": "the agreed price",
    "word.line.dues": "dues of earlier deals",
    "metres_away": "{metres} m away",
    "blocked": "one of the two wants nothing more to do with the other",
    "self_dealing": "a party cannot deal with itself",
    "not_available": "not available for this request",
    "asked_of_another": "the request was put to another listing",
    "party_suspended": "the party is suspended",
    "party_erased": "the party left",
    "matched_by": (
        "{solver}, round {round}: {requests} {requests|request|requests} and "
        "{providers} {providers|provider|providers} ({gated} left out by gates), "
        "{total_metres} m in all; put to {listings}"
    ),
    "not_matched_by": (
        "{solver}, round {round}: nobody was left for it among "
        "{providers} {providers|provider|providers} ({gated} left out by gates) and "
        "{requests} {requests|request|requests}"
    ),
    "never_dispatched": "the request never took part in a dispatch",
    "not_present": "the listing was not there when the round was solved at {at}",
    "chosen": "chosen, {metres} m away",
    "already_asked": "was asked before and did not take it",
    "too_far": "{metres} m away, farther than the {limit} m of the round",
    "not_among_nearest": "only number {rank} by distance; the {k} nearest {k|is|are} asked",
    "batch_full": "number {rank} by distance; {k} {k|is|are} asked in a round",
    "rounds_over": "{rounds|the only round was|all rounds were} over ({rounds})",
    "not_a_candidate": "{metres} m away, and a gate took the pair out",
    "dearer_than_unserved": "would cost {cost} where leaving it unserved costs {price}",
    "given_to_other": (
        "was given to {other}, {other_metres} m away, where this one is {metres} m away: "
        "the other way round costs {extra} m more in all"
    ),
    "other_was_better": (
        "the request was given {other}, {other_metres} m away, where this one is {metres} m away: "
        "taking it costs {extra} m more in all"
    ),
    "no_candidate": "nobody within {limit} m",
    "outbid": "others needed the same providers more",
    "offer_was_made": "an offer to {taker} is open for {seconds} s",
    "offer_was_accepted": "{taker} accepted",
    "offer_was_declined": "{taker} declined {reason}",
    "offer_was_expired": "{taker} did not answer within {seconds} s",
    "offer_was_withdrawn": "the offer to {taker} was withdrawn",
    "offer_was_lost": "another was faster than {taker}",
    "offer_was_countered": "{taker} answered with other terms",
    "offer_was_vacated": "{taker} accepted, and gave the seat up again",
    "proposal_was_made": "{maker} proposes “{row}” ({asks}) to {taker}, for {seconds} s",
    "proposal_was_accepted": "{taker} agreed to “{row}” ({asks}), which {maker} proposed",
    "proposal_was_declined": "{taker} declined “{row}” ({asks}) {reason}",
    "proposal_was_expired": "{taker} did not answer within {seconds} s to “{row}” ({asks})",
    "proposal_was_withdrawn": "{maker} took “{row}” ({asks}) back",
    "proposal_was_lost": "the deal changed before {taker} answered to “{row}” ({asks})",
    "proposal_was_countered": "{taker} answered “{row}” ({asks}) with another proposal",
    "agreed_by_both": "“{row}” was proposed by {maker} and agreed to by {taker}",
    "needs_both_sides": "“{row}” needs both sides: propose it, for the other one to accept",
    "proposal_stale": "the deal changed since “{row}” was proposed; propose it anew",
    "paid_by": (
        "{party} pays the {purse} by {method}: {held:money} held, {captured:money} taken, "
        "{refunded:money} given back"
    ),
    "paid_and_taken_back": (
        "{party} paid the {purse} by {method}: {captured:money} taken, {refunded:money} given "
        "back, {charged_back:money} taken back by the bank"
    ),
    "refund_credited": (
        "{money:money} could not be given back by {method} ({said:word}); it is {party}’s credit"
    ),
    "notify.payment.refund_credited": (
        "{money:money} could not be given back by {method}; it is your credit now."
    ),
    "earnings_awaited": "{money:money} of {party}’s earnings wait until the customer has paid",
    "earnings_credited": "{money:money} that {party} waited for is paid",
    "earnings_lost": "{money:money} that {party} waited for was written off",
    "notify.transaction.earnings_awaited": (
        "{amount:money} of your earnings wait until the customer has paid."
    ),
    "notify.transaction.earnings_credited": "{amount:money} that you waited for is yours now.",
    "notify.transaction.earnings_lost": "{amount:money} that you waited for will not come.",
    "notify.dispute.escalated": (
        "The dispute went to the marketplace, which decides until {decide_by}."
    ),
    "notify.dispute.lapsed": (
        "Nobody decided the dispute in time: it is over, and the money goes as was agreed."
    ),
    "wallet_too_low": "the wallet holds {available:money}, {asked:money} is asked",
    "word.no_reason": "no reason was given",
    "word.refund_returned": "the bank sent it back",
    "word.never_arrived": "it never arrived",
    "word.payout.made": "is made, and not sent yet",
    "word.payout.sent": "is on its way",
    "word.payout.paid": "is paid",
    "word.payout.failed": "could not be paid, and stands where it came from",
    "word.payout.returned": "was sent back, and stands where it came from",
    "payment_refused": "the {purse} could not be taken by {method}; whoever pays is told why",
    "payment_needs_payer": "whoever pays the {purse} by {method} must confirm it first",
    "paid_as_one": "it is paid as one with other deals, and one of them could not be paid",
    "only_in_part": "{asked:money} was asked and only {moved:money} was given: it goes back",
    "no_reason_given": "the payment provider gave no reason",
    "never_arrived": "the payment provider never heard of it; nothing happened",
    "payout_state": "{amount} {told:word}",
    "payout_fee": "paid out at once, for a fee of {fee:money} ({bp:percent})",
    "payout_returned": "the bank sent it back: {reason}",
    "payout_asked_back": "{amount} of it asked back for what is owed: {reason}",
    "payout_taken_back": "{amount} of it taken back",
    "payout_not_taken_back": "{amount} of it could not be taken back",
    "payout_differs": "it stands otherwise with {provider}: {said}",
    "search_near": "{metres:distance} away: {points} {points|point|points}",
    "search_part": "{part:word}: {points} {points|point|points}",
    "search_taken": "not enough is left then for {quantity}",
    "search_not_published": "it is {state}; only what is published is found",
    "search_other_vertical": "it is one of {vertical}",
    "search_not_indexed": "it is not indexed; the operator can rebuild the index",
    "search_outside": "it lies outside what was searched",
    "search_too_far": "{metres:distance} away, farther than {limit:distance}",
    "search_fits_too_few": "it takes {fits} at most, not {wanted}",
    "search_other_currency": "its price is in {currency}",
    "search_price": "its price, {price:money}, is not what was asked for",
    "search_tags": "it has not: {tags}",
    "search_words": "it does not say: {words}",
    "search_units": "there {units|is|are} {units} of it, not {wanted}",
    "search_too_short": "{steps} at a time {steps|is|are} too few; at least {least}",
    "search_too_long": "{steps} at a time {steps|is|are} too many; at most {most}",
    "search_too_soon": "it wants to know {notice:duration} ahead",
    "search_too_far_ahead": "it is held out only {window:duration} ahead",
    "not_your_row": "“{row}” is not for the {roles}; may: {allowed}",
    "illegal_transition": "“{row}” is not possible when {state}; may: {allowed}",
    "too_early": "“{row}” is not before {not_before}",
    "pending": "“{pending}” still waits for an answer from outside",
    "refused": "{message}",
    "conflict": "{message}",
    "invalid_input": "{message}",
    "limit_exceeded": "{message}",
    "forbidden": "{message}",
    "not_found": "{message}",
}

NEPALI: dict[str, str] = {
    **moderation_words.NEPALI,
    **words_of_notices.NEPALI,
    **words_of_onboarding.NEPALI,
    **entry_words.NEPALI,
    "repriced": "{by} ले “{row}” गर्दा {occasion} का लागि मूल्य फेरि निकालियो",
    "fault": "गल्ती {role} को हो ({occasion})",
    "row_came_to_nothing": "“{row}” सफल भएन; पहिलेकै मूल्य लागू छ",
    "hold_given_up": "{purse} को रोक्का रकम फुकुवा भयो; अब केही तिर्नु पर्दैन",
    "settlement_waits": "विवाद नटुङ्गिएसम्म {purse} कसैलाई दिइँदैन",
    "decided_so": "“{cause}” बारेको विवादमा सञ्चालकको निर्णय: अब यही लागू हुन्छ",
    "chargeback_opened": (
        "तिर्नेको बैंकले {purse} बाट {money} फिर्ता लियो ({cause}); निर्णय नभएसम्म कसैलाई दिइँदैन"
    ),
    "chargeback_won": "तिर्नेको बैंकले {purse} को {money} फिर्ता दियो",
    "chargeback_lost": "तिर्नेको बैंकले {purse} बाट लिएको {money} राख्छ",
    "chargeback_borne": "बैंकले राखेको मध्ये {money} {party} ले बेहोर्छ",
    "chargeback_borne_here": "बैंकले राखेको मध्ये {money} बजार आफैँले बेहोर्छ ({account})",
    "chargeback_fee_borne": "भुक्तानी प्रदायकको शुल्क {money} {party} ले बेहोर्छ",
    "notify.transaction.chargeback_opened": (
        "बैंकले {purse} बाट {money} फिर्ता लियो। आफूसँग भएको प्रमाण देखाउन सक्नुहुन्छ।"
    ),
    "notify.transaction.chargeback_won": "बैंकले {purse} को {money} फिर्ता दियो।",
    "notify.transaction.chargeback_lost": "बैंकले {purse} को {money} राख्यो।",
    "notify.transaction.chargeback_borne": "बैंकले राखेको {money} तपाईंको रकमबाट काटियो।",
    "paid_at_rate": (
        "{price} का लागि {shown}: {denominator} {source} को {numerator} {target}, {name} अनुसार"
    ),
    "line.agreed_price": "{money}: दुवै पक्षले माने को मूल्य",
    "word.line.agreed_price": "मानिएको मूल्य",
    "word.line.dues": "पहिलेका कारोबारको बाँकी",
    "metres_away": "{metres} मिटर टाढा",
    "blocked": "दुई मध्ये एक पक्ष अर्को सँग काम गर्न चाहँदैन",
    "self_dealing": "आफैँ सँग कारोबार गर्न मिल्दैन",
    "not_available": "यो अनुरोधका लागि उपलब्ध छैन",
    "asked_of_another": "यो अनुरोध अर्कैलाई गरिएको हो",
    "party_suspended": "यो पक्ष निलम्बित छ",
    "party_erased": "यो पक्ष छोडेर गइसक्यो",
    "matched_by": (
        "{solver}, चरण {round}: {requests} अनुरोध, {providers} चालक "
        "({gated} नियमले रोकिए), जम्मा {total_metres} मिटर; {listings} लाई सोधियो"
    ),
    "not_matched_by": "{solver}, चरण {round}: यस अनुरोधका लागि कोही बाँकी रहेन",
    "never_dispatched": "यो अनुरोध कहिल्यै बाँडफाँटमा परेन",
    "not_present": "{at} मा त्यो चालक उपस्थित थिएन",
    "chosen": "छानियो, {metres} मिटर टाढा",
    "already_asked": "पहिले नै सोधिएको थियो",
    "too_far": "{metres} मिटर टाढा, सीमा {limit} मिटर",
    "not_among_nearest": "दूरीमा {rank} औँ; नजिकका {k} जनालाई मात्र सोधिन्छ",
    "batch_full": "दूरीमा {rank} औँ; एक चरणमा {k} जनालाई सोधिन्छ",
    "rounds_over": "सबै {rounds} चरण सकिए",
    "not_a_candidate": "{metres} मिटर टाढा, नियमले रोकियो",
    "dearer_than_unserved": "लागत {cost}, सेवा नदिँदा {price}",
    "given_to_other": "{other} लाई दिइयो ({other_metres} मिटर), यो {metres} मिटर टाढा थियो",
    "other_was_better": "{other} नजिक थियो ({other_metres} मिटर), यो {metres} मिटर टाढा",
    "no_candidate": "{limit} मिटर भित्र कोही छैन",
    "outbid": "अरूलाई ती चालक बढी चाहिएका थिए",
    "offer_was_made": "{taker} लाई {seconds} सेकेन्डको प्रस्ताव खुला छ",
    "offer_was_accepted": "{taker} ले स्वीकार गर्नुभयो",
    "offer_was_declined": "{taker} ले अस्वीकार गर्नुभयो {reason}",
    "offer_was_expired": "{taker} ले {seconds} सेकेन्ड भित्र जवाफ दिनुभएन",
    "offer_was_withdrawn": "{taker} लाई दिएको प्रस्ताव फिर्ता लिइयो",
    "offer_was_lost": "{taker} भन्दा अर्को छिटो भयो",
    "offer_was_countered": "{taker} ले अर्को मूल्य राख्नुभयो",
    "offer_was_vacated": "{taker} ले स्वीकार गरेर फेरि छोड्नुभयो",
    "proposal_was_made": (
        "{maker} ले {taker} लाई “{row}” ({asks}) प्रस्ताव गर्नुभयो, {seconds} सेकेन्डसम्म"
    ),
    "proposal_was_accepted": "{maker} को प्रस्ताव “{row}” ({asks}) मा {taker} सहमत हुनुभयो",
    "proposal_was_declined": "{taker} ले “{row}” ({asks}) अस्वीकार गर्नुभयो {reason}",
    "proposal_was_expired": "{taker} ले “{row}” ({asks}) मा {seconds} सेकेन्ड भित्र जवाफ दिनुभएन",
    "proposal_was_withdrawn": "{maker} ले “{row}” ({asks}) फिर्ता लिनुभयो",
    "proposal_was_lost": "{taker} ले “{row}” ({asks}) मा जवाफ दिनुअघि सम्झौता बदलियो",
    "proposal_was_countered": "{taker} ले “{row}” ({asks}) को सट्टा अर्को प्रस्ताव राख्नुभयो",
    "agreed_by_both": "“{row}” {maker} ले प्रस्ताव गर्नुभयो, {taker} सहमत हुनुभयो",
    "needs_both_sides": "“{row}” लाई दुवै पक्ष चाहिन्छ: प्रस्ताव गर्नुहोस्",
    "proposal_stale": "“{row}” प्रस्ताव भएपछि सम्झौता बदलियो; फेरि प्रस्ताव गर्नुहोस्",
    "paid_by": "{party} ले {method} बाट {purse} तिर्नुभयो: {captured:money} लिइयो",
    "paid_and_taken_back": (
        "{party} ले {method} बाट {purse} तिर्नुभयो: {captured:money} लिइयो, बैंकले "
        "{charged_back:money} फिर्ता लियो"
    ),
    "refund_credited": (
        "{money:money} {method} बाट फिर्ता गर्न सकिएन ({said:word}); {party} को वालेटमा राखियो"
    ),
    "notify.payment.refund_credited": (
        "{money:money} {method} बाट फिर्ता गर्न सकिएन; अब तपाईंको वालेटमा छ।"
    ),
    "earnings_awaited": "ग्राहकले नतिरेसम्म {party} को {money:money} रोकिएको छ",
    "earnings_credited": "{party} को रोकिएको {money:money} आयो",
    "earnings_lost": "{party} को रोकिएको {money:money} अपलेखन भयो",
    "notify.transaction.earnings_awaited": (
        "ग्राहकले नतिरेसम्म तपाईंको कमाइको {amount:money} रोकिएको छ।"
    ),
    "notify.transaction.earnings_credited": "रोकिएको {amount:money} अब तपाईंको भयो।",
    "notify.transaction.earnings_lost": "रोकिएको {amount:money} अब आउँदैन।",
    "notify.dispute.escalated": "विवाद बजारकहाँ पुग्यो; {decide_by} सम्म निर्णय हुन्छ।",
    "notify.dispute.lapsed": "विवादमा समयमा निर्णय भएन: विवाद सकियो, पैसा सम्झौताअनुसार जान्छ।",
    "wallet_too_low": "वालेटमा {available:money} मात्र छ, चाहिएको {asked:money}",
    "word.no_reason": "कारण दिइएन",
    "word.refund_returned": "बैंकले फिर्ता पठायो",
    "word.never_arrived": "पुगेन",
    "word.payout.made": "बनाइयो, अझै पठाइएको छैन",
    "word.payout.sent": "पठाइयो, पुग्न बाँकी",
    "word.payout.paid": "पुग्यो",
    "word.payout.failed": "पठाउन सकिएन; जहाँबाट आएको हो त्यहीँ छ",
    "word.payout.returned": "फर्क्यो; जहाँबाट आएको हो त्यहीँ छ",
    "payment_refused": "{method} बाट {purse} लिन सकिएन; कारण तिर्नेलाई बताइएको छ",
    "payment_needs_payer": "{method} बाट {purse} तिर्नेले पहिले पुष्टि गर्नुपर्छ",
    "paid_as_one": "यो अरू कारोबारसँगै तिरिन्छ, र तीमध्ये एउटा तिर्न सकिएन",
    "only_in_part": "{asked:money} मागिएको थियो, {moved:money} मात्र आयो; त्यो फिर्ता गरिन्छ",
    "no_reason_given": "भुक्तानी प्रदायकले कारण दिएन",
    "never_arrived": "भुक्तानी प्रदायकसम्म पुगेन; केही भएन",
    "payout_state": "{amount} {told:word}",
    "payout_fee": "तुरुन्त भुक्तानी, शुल्क {fee:money} ({bp:percent})",
    "payout_returned": "बैंकले फिर्ता पठायो: {reason}",
    "payout_asked_back": "तिर्न बाँकीका लागि यसबाट {amount} फिर्ता मागियो: {reason}",
    "payout_taken_back": "यसबाट {amount} फिर्ता लिइयो",
    "payout_not_taken_back": "यसबाट {amount} फिर्ता लिन सकिएन",
    "payout_differs": "{provider} कहाँ अर्कै छ: {said}",
    "search_near": "{metres:distance} टाढा: {points} अङ्क",
    "search_part": "{part:word}: {points} अङ्क",
    "search_taken": "त्यस बेला {quantity} का लागि पर्याप्त बाँकी छैन",
    "search_not_published": "यो {state} छ; प्रकाशित मात्र भेटिन्छ",
    "search_other_vertical": "यो {vertical} को हो",
    "search_not_indexed": "यो सूचीमा छैन; सञ्चालकले सूची फेरि बनाउन सक्छ",
    "search_outside": "यो खोजिएको ठाउँभन्दा बाहिर छ",
    "search_too_far": "{metres:distance} टाढा, सीमा {limit:distance}",
    "search_fits_too_few": "बढीमा {fits} जना {fits|अट्छ|अट्छन्}, {wanted} होइन",
    "search_other_currency": "यसको मूल्य {currency} मा छ",
    "search_price": "यसको मूल्य {price:money} खोजिएको होइन",
    "search_tags": "यसमा छैन: {tags}",
    "search_words": "यसमा लेखिएको छैन: {words}",
    "search_units": "{units|यस्तो|यस्ता} {units} मात्र {units|छ|छन्}, {wanted} {wanted|छैन|छैनन्}",
    "search_too_short": "एक पटकमा {steps} कम भयो; कम्तीमा {least}",
    "search_too_long": "एक पटकमा {steps} बढी भयो; बढीमा {most}",
    "search_too_soon": "{notice:duration} अघि नै थाहा दिनुपर्छ",
    "search_too_far_ahead": "{window:duration} अघिसम्म मात्र खुला छ",
    "not_your_row": "“{row}” {roles} का लागि होइन",
    "illegal_transition": "{state} अवस्थामा “{row}” गर्न मिल्दैन",
    "too_early": "{not_before} अघि “{row}” गर्न मिल्दैन",
    "pending": "“{pending}” को जवाफ आउन बाँकी छ",
}
