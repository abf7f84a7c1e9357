"""Catalogues of the rides' lines, reasons and notifications, in English and Nepali.

A field such as ``{waited_s:duration}`` is written as people of the language write it; the kinds
are told in ``marketplace.domain.wording``.
"""

from __future__ import annotations

ENGLISH: dict[str, str] = {
    "word.customer": "rider",
    "word.provider": "driver",
    "word.operator": "operator",
    "word.clock": "clock",
    "word.nobody": "nobody",
    "word.tax": "tax office",
    "word.bike": "motorcycle",
    "word.scooter": "scooter",
    "word.taxi": "taxi",
    "word.km": "km",
    "word.mile": "mile",
    "word.1/5 mile": "fifth of a mile",
    "word.licence": "driving licence",
    "word.bluebook": "vehicle registration",
    "word.insurance": "insurance",
    # what a price is made of
    "line.base_fare": "{money}: for getting in",
    "line.distance": "{money}: distance at {rate:money} a {unit:word}",
    "line.minutes": "{money}: {seconds:duration} at {per_minute:money} a minute",
    "line.minimum_fare": "{money}: up to the minimum fare of {minimum:money}",
    "line.night": "{money}: at night ({local})",
    "line.surge": (
        "{money}: many riders and few drivers in zone {zone}, {multiplier_bps:times} times the "
        "fare, at most {cap_bps:times}"
    ),
    "line.waiting": (
        "{money}: {seconds:duration} of waiting at {per_minute:money} a minute, "
        "{free_s:duration} of it free"
    ),
    "line.stops": "{money}: {count} {count|stop|stops} on the way at {rate:money} each",
    "line.toll": "{money}: toll {name}",
    "line.regulated_ceiling": "{money} less: the fare is capped by law ({because})",
    "line.change_cap": (
        "{money} less: the end may not lie further above the quoted {quoted:money}"
    ),
    "line.rounding": "{money}: what {of:money} is off whole coins of {unit:money}",
    "line.cancellation_fee": "{money}: cancellation fee, fault of the {fault:word} ({state})",
    "line.no_show_fee": "{money}: the rider did not come",
    "line.tip": "{money}: tip, all of it for the driver",
    "line.entry": "{money}: on getting in",
    "line.metered": "{money}: by the meter, {rate:money} a unit of distance or time",
    "line.beyond_city_line": "{money}: the meter counts twice beyond the city line",
    "line.flat_fare": "{money}: flat fare, rate code {rate_code}",
    "line.agreed_fare": "{money}: the fare both agreed on",
    "line.rate_surcharge": "{money}: surcharge of rate code {rate_code}",
    "line.night_extra": "{money}: night extra ({local})",
    "line.peak_extra": "{money}: peak extra ({local})",
    "line.state_tax": "{money}: state tax",
    "line.improvement_surcharge": "{money}: improvement surcharge",
    # why a driver was not asked
    "document_missing": "the {document:word} is missing",
    "document_expired": "the {document:word} ran out on {expired_at}",
    "rating_too_low": "rated {mean:hundredths}, at least {least:hundredths} is asked",
    "location_unknown": "nobody knows where the driver is",
    "offline": "the driver is offline",
    "has_an_offer": "the driver has another offer in hand",
    "on_a_trip": "the driver is on a trip",
    "another_tier": "the rider wants a {wanted:word}, this is a {has:word}",
    "payment_not_taken": "the rider pays by {payment}, the driver takes {takes}",
    "gender_preference": "the rider prefers another driver",
    "too_few_seats": "{wanted} {wanted|seat is|seats are} wanted, there {has|is|are} {has}",
    # why something was refused
    "arrive_too_far": "{metres} m from the pick-up; a driver has arrived within {limit} m",
    "arrive_unseen": "nobody knows where the driver is; he has arrived within {limit} m",
    "wrong_code": "the code is not the rider's",
    "too_many_codes": (
        "a wrong code was said {tries} {tries|time|times}; this ride cannot start any more"
    ),
    "needs_two_places": "a ride needs a place to start from and one to go to",
    "unknown_tier": "vehicles of class {tier:word} are not offered",
    "ride_forbidden": "no ride by {tier:word} in {region}: {because}",
    "forbidden_by_law": "{because}",
    "no_show_too_early": "a driver waits {after_s:duration}, so far {waited_s:duration}",
    # why the end is not the quote
    "ride_toll": "tolls came to {paid:money}, {quoted:money} were reckoned with",
    "ride_waiting": "the driver waited {waited_s:duration}, {free_s:duration} of it free",
    "ride_added_stop": "{count} {count|stop was|stops were} added on the way",
    "ride_route": (
        "the rider asked for another way: {driven_m:distance} instead of {quoted_m:distance}"
    ),
    "ride_change_capped": "the end was capped, as {quoted:money} had been quoted",
    # whose fault, and what it costs
    "ride_fault_decided": "it was decided: fault of the {fault:word}",
    "ride_driver_cancelled": "the driver cancelled",
    "ride_ended_by_others": "ended by the {by:word}: nobody's fault",
    "ride_no_driver_yet": "no driver had accepted yet",
    "ride_within_grace": (
        "cancelled {seconds:duration} after a driver accepted; {grace_s:duration} are free"
    ),
    "ride_after_grace": (
        "cancelled {seconds:duration} after a driver accepted; only {grace_s:duration} are free"
    ),
    "ride_driver_late": ("the driver was {late_s:duration} late, {allowed_s:duration} are allowed"),
    "ride_driver_stalled": (
        "the driver came no nearer for {stalled_s:duration}, {allowed_s:duration} are allowed"
    ),
    "ride_cancelled_free": "cancelling costs nothing",
    "ride_cancellation_fee": (
        "cancelling costs {fee:money}, from the {payer:word} to the {payee:word} "
        "(row {row} of the table)"
    ),
    "ride_corrected": "the ride was corrected: {reason}",
    "ride_no_show": (
        "the driver waited {waited_s:duration}; after {after_s:duration} a driver may leave"
    ),
    # why a row of a trip file is no trip
    "trip_file_broken": "the file cannot be read further: {error}",
    "trip_line_too_long": "the line has more than {most_bytes} {most_bytes|byte|bytes}",
    "trip_field_count": "{found} {found|field|fields} where {expected} {expected|is|are} expected",
    "trip_missing_field": "{column} is empty",
    "trip_malformed_field": "{column} cannot be {text}",
    "trip_off_the_globe": "{lat}, {lon} is nowhere on the globe",
    "trip_no_place": "the cab did not know where it was ({end})",
    "trip_outside": "{lat}, {lon} lies outside the city ({end})",
    "trip_ends_before_it_starts": "it ends before it starts, by {seconds:duration}",
    "trip_too_long": "it lasts {seconds:duration}, {most:duration} is the most",
    "trip_negative_distance": "its distance is negative",
    "trip_negative_fare": "a fare of {fare} and a total of {total}",
    # what people are told
    "notify.transaction.accept": "A driver accepted your ride.",
    "notify.transaction.set_out": "Your driver is on the way.",
    "notify.transaction.arrive": "Your driver has arrived.",
    "notify.transaction.start": "The ride has begun.",
    "notify.transaction.expire": "No driver could be found; you pay nothing.",
    "notify.transaction.cancel": "The ride was cancelled.",
    "notify.transaction.call_off": "The ride was called off; you pay nothing.",
    "notify.transaction.driver_cancel": "The driver cancelled; we look for another one.",
    "notify.transaction.driver_lost": "The driver did not come; we look for another one.",
    "notify.transaction.finish": "The ride is over. Thank you.",
    "notify.transaction.no_show": "The driver waited and left.",
    "notify.offer.made": "A rider near you asks for a ride.",
    "notify.review.visible": "You were reviewed.",
}

NEPALI: dict[str, str] = {
    "word.customer": "यात्रु",
    "word.provider": "चालक",
    "word.operator": "सञ्चालक",
    "word.clock": "घडी",
    "word.nobody": "कसैको होइन",
    "word.tax": "कर कार्यालय",
    "word.bike": "मोटरसाइकल",
    "word.scooter": "स्कुटर",
    "word.taxi": "ट्याक्सी",
    "word.km": "कि.मि.",
    "word.mile": "माइल",
    "word.1/5 mile": "माइलको पाँचौँ भाग",
    "word.licence": "सवारी चालक अनुमतिपत्र",
    "word.bluebook": "ब्लुबुक",
    "word.insurance": "बीमा",
    "line.base_fare": "{money}: सुरु भाडा",
    "line.distance": "{money}: दूरी, प्रति {unit:word} {rate:money}",
    "line.minutes": "{money}: {seconds:duration}, प्रति मिनेट {per_minute:money}",
    "line.minimum_fare": "{money}: न्यूनतम भाडा {minimum:money} पुर्‍याउन",
    "line.night": "{money}: रातिको थप ({local})",
    "line.surge": (
        "{money}: {zone} क्षेत्रमा यात्रु धेरै, चालक थोरै; भाडाको {multiplier_bps:times} गुणा, "
        "बढीमा {cap_bps:times}"
    ),
    "line.waiting": (
        "{money}: {seconds:duration} प्रतीक्षा, प्रति मिनेट {per_minute:money}, "
        "पहिलो {free_s:duration} निःशुल्क"
    ),
    "line.stops": "{money}: बाटोमा {count} बिसौनी, प्रत्येक {rate:money}",
    "line.toll": "{money}: सडक शुल्क {name}",
    "line.regulated_ceiling": "{money} घटाइयो: कानुनले तोकेको अधिकतम भाडा ({because})",
    "line.change_cap": "{money} घटाइयो: तोकिएको {quoted:money} भन्दा धेरै बढ्न मिल्दैन",
    "line.rounding": "{money}: {of:money} लाई {unit:money} मा मिलाउँदाको फरक",
    "line.cancellation_fee": "{money}: रद्द शुल्क, गल्ती: {fault:word}",
    "line.no_show_fee": "{money}: यात्रु आउनुभएन",
    "line.tip": "{money}: बकस, सबै चालकलाई",
    "line.entry": "{money}: सुरु भाडा",
    "line.metered": "{money}: मिटर अनुसार, प्रति एकाइ {rate:money}",
    "line.beyond_city_line": "{money}: सहर बाहिर मिटर दोब्बर",
    "line.flat_fare": "{money}: निश्चित भाडा, दर {rate_code}",
    "line.agreed_fare": "{money}: दुवैले मानेको भाडा",
    "line.rate_surcharge": "{money}: दर {rate_code} को थप शुल्क",
    "line.night_extra": "{money}: रातिको थप ({local})",
    "line.peak_extra": "{money}: भिडभाडको थप ({local})",
    "line.state_tax": "{money}: राज्य कर",
    "line.improvement_surcharge": "{money}: सुधार शुल्क",
    "document_missing": "{document:word} छैन",
    "document_expired": "{document:word} को म्याद {expired_at} मा सकियो",
    "rating_too_low": "मूल्याङ्कन {mean:hundredths}, कम्तीमा {least:hundredths} चाहिन्छ",
    "location_unknown": "चालक कहाँ हुनुहुन्छ थाहा छैन",
    "offline": "चालक अफलाइन हुनुहुन्छ",
    "has_an_offer": "चालकसँग अर्को प्रस्ताव छ",
    "on_a_trip": "चालक यात्रामा हुनुहुन्छ",
    "another_tier": "यात्रुलाई {wanted:word} चाहिएको, यो {has:word} हो",
    "payment_not_taken": "यात्रु {payment} बाट तिर्नुहुन्छ, चालक {takes} लिनुहुन्छ",
    "gender_preference": "यात्रुले अर्को चालक रोज्नुभएको छ",
    "too_few_seats": "{wanted} सिट चाहियो, {has} {has|छ|छन्}",
    "arrive_too_far": "भेट्ने ठाउँबाट {metres} मिटर टाढा; {limit} मिटर भित्र पुगेपछि मात्र",
    "arrive_unseen": "चालक कहाँ छ थाहा छैन; {limit} मिटर भित्र पुगेपछि मात्र",
    "wrong_code": "कोड मिलेन",
    "too_many_codes": "{tries} पटक गलत कोड भनियो; यो यात्रा अब सुरु हुँदैन",
    "needs_two_places": "यात्राको सुरु र अन्त्य दुवै ठाउँ चाहिन्छ",
    "unknown_tier": "{tier:word} उपलब्ध छैन",
    "ride_forbidden": "{region} मा {tier:word} को यात्रा मिल्दैन: {because}",
    "forbidden_by_law": "{because}",
    "no_show_too_early": "चालकले {after_s:duration} पर्खनुपर्छ, अहिलेसम्म {waited_s:duration}",
    "ride_toll": "सडक शुल्क {paid:money} लाग्यो, अनुमान {quoted:money} थियो",
    "ride_waiting": "चालकले {waited_s:duration} पर्खनुभयो, {free_s:duration} निःशुल्क",
    "ride_added_stop": "बाटोमा {count} बिसौनी थपियो",
    "ride_route": "यात्रुले अर्को बाटो रोज्नुभयो: {quoted_m:distance} को सट्टा {driven_m:distance}",
    "ride_change_capped": "तोकिएको {quoted:money} बाट धेरै बढ्न नदिई भाडा सीमित गरियो",
    "ride_fault_decided": "निर्णय भयो, गल्ती: {fault:word}",
    "ride_driver_cancelled": "चालकले रद्द गर्नुभयो",
    "ride_ended_by_others": "{by:word} बाट अन्त्य; कसैको गल्ती होइन",
    "ride_no_driver_yet": "कुनै चालकले मानेको थिएन",
    "ride_within_grace": "चालकले मानेको {seconds:duration} मा रद्द; {grace_s:duration} निःशुल्क",
    "ride_after_grace": (
        "चालकले मानेको {seconds:duration} पछि रद्द; {grace_s:duration} सम्म मात्र निःशुल्क"
    ),
    "ride_driver_late": "चालक {late_s:duration} ढिला, {allowed_s:duration} सम्म मिल्छ",
    "ride_driver_stalled": (
        "चालक {stalled_s:duration} देखि नजिक आउनुभएन, {allowed_s:duration} सम्म मिल्छ"
    ),
    "ride_cancelled_free": "रद्द गर्दा केही लाग्दैन",
    "ride_cancellation_fee": (
        "रद्द शुल्क {fee:money}: {payer:word} बाट {payee:word} लाई (तालिकाको पङ्क्ति {row})"
    ),
    "ride_corrected": "यात्रा सच्याइयो: {reason}",
    "ride_no_show": ("चालकले {waited_s:duration} पर्खनुभयो; {after_s:duration} पछि जान पाइन्छ"),
    "trip_file_broken": "फाइल यहाँभन्दा अगाडि पढ्न सकिएन: {error}",
    "trip_line_too_long": "पङ्क्ति {most_bytes} बाइटभन्दा लामो छ",
    "trip_field_count": "{expected} वटा चाहिनेमा {found} वटा मात्र",
    "trip_missing_field": "{column} खाली छ",
    "trip_malformed_field": "{column} मा {text} हुन सक्दैन",
    "trip_off_the_globe": "{lat}, {lon} पृथ्वीमा छैन",
    "trip_no_place": "ट्याक्सी कहाँ थियो थाहा छैन ({end})",
    "trip_outside": "{lat}, {lon} सहर बाहिर छ ({end})",
    "trip_ends_before_it_starts": "सुरु हुनुअघि नै सकियो ({seconds:duration})",
    "trip_too_long": "{seconds:duration} लाग्यो, बढीमा {most:duration}",
    "trip_negative_distance": "दूरी शून्यभन्दा कम छ",
    "trip_negative_fare": "भाडा {fare}, जम्मा {total}",
    "notify.transaction.accept": "चालकले तपाईंको यात्रा स्वीकार गर्नुभयो।",
    "notify.transaction.set_out": "तपाईंको चालक आउँदै हुनुहुन्छ।",
    "notify.transaction.arrive": "तपाईंको चालक आइपुग्नुभयो।",
    "notify.transaction.start": "यात्रा सुरु भयो।",
    "notify.transaction.expire": "चालक भेटिएन; केही तिर्नु पर्दैन।",
    "notify.transaction.cancel": "यात्रा रद्द भयो।",
    "notify.transaction.call_off": "यात्रा रोकियो; केही तिर्नु पर्दैन।",
    "notify.transaction.driver_cancel": "चालकले रद्द गर्नुभयो; अर्को खोज्दैछौँ।",
    "notify.transaction.driver_lost": "चालक आउनुभएन; अर्को खोज्दैछौँ।",
    "notify.transaction.finish": "यात्रा सकियो। धन्यवाद।",
    "notify.transaction.no_show": "चालकले पर्खेर जानुभयो।",
    "notify.offer.made": "नजिकैको यात्रुले सवारी खोज्दै हुनुहुन्छ।",
    "notify.review.visible": "तपाईंको मूल्याङ्कन भयो।",
}

WORDS = {"en": ENGLISH, "ne": NEPALI}
