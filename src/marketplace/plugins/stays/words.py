"""Catalogues of the stays' lines, reasons and notifications, in English and Nepali."""

from __future__ import annotations

from marketplace.plugins.stays import deal_words

ENGLISH: dict[str, str] = {
    "word.line.nights": "nights",
    "word.line.hours": "hours",
    "word.line.slots": "slots",
    "word.line.cleaning": "cleaning",
    "word.line.extra_guests": "extra guests",
    "word.line.pet": "pet",
    "word.line.weekly_discount": "weekly discount",
    "word.line.monthly_discount": "monthly discount",
    "word.line.early_bird": "early-bird discount",
    "word.line.last_minute": "last-minute discount",
    "word.line.non_refundable": "non-refundable discount",
    "word.line.guest_fee": "the marketplace's fee from the guest",
    "word.line.host_fee": "the marketplace's fee from the host",
    "word.line.cohost": "for co-hosts",
    "word.line.occupancy_tax": "occupancy tax",
    "word.line.occupancy_tax_by_head": "occupancy tax by head",
    "word.customer": "guest",
    "word.provider": "host",
    "word.cohost": "co-host",
    "word.nights": "night|nights",
    "word.hours": "hour|hours",
    "word.slots": "slot|slots",
    # what a price is made of
    "line.nights": "{money}: {steps} {steps|night|nights} {runs:each}{units||, for {units} units}",
    "line.hours": "{money}: {steps} {steps|hour|hours} {runs:each}{units||, for {units} units}",
    "line.slots": "{money}: {steps} {steps|slot|slots} {runs:each}{units||, for {units} units}",
    "line.cleaning": "{money}: cleaning, once",
    "line.extra_guests": (
        "{money}: {guests} {guests|guest|guests} above {after} at {each:money} each, "
        "{steps} {step:word|steps}"
    ),
    "line.pet": "{money}: a pet, once",
    "line.weekly_discount": "{money} less: {bp:percent} off from {days} {days|day|days} on",
    "line.monthly_discount": "{money} less: {bp:percent} off from {days} {days|day|days} on",
    "line.early_bird": (
        "{money} less: {bp:percent} off, asked {days} {days|day|days} ahead or more"
    ),
    "line.last_minute": (
        "{money} less: {bp:percent} off, asked {days} {days|day|days} ahead or less"
    ),
    "line.non_refundable": "{money} less: {bp:percent} off, as nothing is given back",
    "line.guest_fee": "{money}: the marketplace's fee, {bp:percent} of {of:money}",
    "line.host_fee": "{money}: the marketplace's fee from the host, {bp:percent} of {of:money}",
    "line.cohost": "{money}: for co-hosts, {bp:percent} of {of:money}",
    "line.occupancy_tax": "{money}: {name}, {bp:percent} of {of:money}",
    "line.occupancy_tax_by_head": (
        "{money}: {name}, {each:money} a person and night "
        "({persons} {persons|person|persons}, {steps} {steps|night|nights})"
    ),
    # what a listing may not say
    "stay_unknown_zone": "no time zone is called {zone}; one is called Asia/Kathmandu",
    "stay_zone_off_the_grid": (
        "the clock in {zone} does not keep step with slots of {grain_s:duration}; "
        "choose a shorter slot"
    ),
    "stay_not_whole": "{at} is a whole number, not {value}",
    "stay_no_such_date": "rule {rule}: no calendar has the date {date}",
    "stay_rule_without_from": "rule {rule}: it ends on {to} and begins nowhere",
    "stay_rule_ends_first": "rule {rule}: it ends on {to}, before it begins on {from}",
    "stay_rule_for_no_date": "rule {rule}: it names neither dates nor weekdays",
    "stay_least_above_most": "at least {least} and at most {most} leave nothing in between",
    "stay_closes_before_it_opens": "it opens at {opens} and closes at {closes}, before that",
    "stay_unknown_jurisdiction": "no jurisdiction is called {name}; there are: {known}",
    "stay_shares_above_all": "the co-hosts have {bp:percent} in all, there is 100 %",
    # why a stay cannot be had
    "stay_no_night": "a stay has one night or more: {first} to {last}",
    "stay_off_the_grid": "a time here is a multiple of {grain_s:duration} by the clock in {zone}",
    "stay_off_the_calendar": "a stay lies in the years {first} to {last}, not in {year}",
    "stay_needs_dates": "a stay has an arrival and a departure",
    "stay_too_few_units": "{wanted} {wanted|is|are} wanted, there {has|is|are} {has}",
    "stay_too_many_guests": "{guests} {guests|guest|guests}, there is room for {most}",
    "stay_too_many_pets": "{pets} {pets|pet|pets}, {most} {most|is|are} allowed",
    "stay_rate_not_offered": "the host has no such rate ({rate})",
    "stay_no_calendar": "the calendar names no night of this home",
    "stay_other_times": "check-in is at {check_in}, check-out at {check_out}, local time",
    "stay_in_the_past": "it began at {begins}",
    "stay_too_soon": ("the host wants {notice_s:duration} of notice, {left_s:duration} are left"),
    "stay_too_far_ahead": "the calendar is open {days} {days|day|days} ahead, until {until}",
    "stay_closed": "the host does not hold out {dates} (in all {count})",
    "stay_no_price": "the host names no price for {dates} (in all {count})",
    "stay_dates_taken": "taken: {dates} (in all {count})",
    "stay_taken": "taken",
    "stay_booked": "booked by guests: {units}",
    "stay_blocked": "blocked by the host: {units} {labels}",
    "stay_no_time_to_prepare": "no time is left to prepare before or after",
    "stay_too_short_arriving": (
        "who arrives on {date} stays {limit} {step:word|limit} at least, "
        "{steps} {steps|was|were} asked for"
    ),
    "stay_too_long_arriving": (
        "who arrives on {date} stays {limit} {step:word|limit} at most, "
        "{steps} {steps|was|were} asked for"
    ),
    "stay_too_short_through": (
        "who is there on {date} stays {limit} {step:word|limit} at least, "
        "{steps} {steps|was|were} asked for"
    ),
    "stay_too_long_through": (
        "who is there on {date} stays {limit} {step:word|limit} at most, "
        "{steps} {steps|was|were} asked for"
    ),
    "stay_too_long": (
        "at most {limit} {step:word|limit} {limit|is|are} booked at once, "
        "{steps} {steps|was|were} asked for"
    ),
    "stay_too_long_for_months": (
        "by the month {limit} {step:word|limit} ({months} {months|month|months}) are paid at most, "
        "{steps} {steps|was|were} asked for"
    ),
    "stay_no_arrival": "nobody arrives on {date}; arrivals are on {weekdays}",
    "stay_no_departure": "nobody leaves on {date}; departures are on {weekdays}",
    "stay_cohost_left": "a co-host left since it was priced; ask for a new quote",
    # why a row of a file is none
    "stay_file_broken": "the file cannot be read further: {error}",
    "stay_row_unreadable": "the row cannot be read: {error}",
    "stay_row_out_of_order": "the rows of listing {listing} do not follow each other",
    "stay_row_twice": "{date} is there already",
    "stay_field_count": "{found} {found|field|fields} where {expected} {expected|is|are} expected",
    "stay_malformed_field": "{column} cannot be {text}",
    "stay_no_place": "{where} is nowhere on the globe",
    "stay_lead_beyond": (
        "booked {days} {days|day|days} ahead; nobody books more than {most} {most|day|days} ahead"
    ),
    "stay_booked_for_no_night": "booking {booking} is for no night",
    "stay_nights_beyond": "{nights} {nights|night|nights}; a booking has {most} at most",
    "stay_no_adult": "no adult comes, and {children} {children|child|children}",
    "stay_changes_beyond": (
        "changed {changes} {changes|time|times}; at most {most} {most|is|are} believed"
    ),
    "stay_ends_out_of_order": "{ended} on {on}, which cannot be before {first} or after {last}",
    "stay_negative_rate": "a night costs {rate}, less than nothing",
    "stay_rate_beyond": "a night costs {rate}; at most {most} are believed",
    "stay_unknown_deposit": "nobody said how bookings with deposit {deposit} are paid",
}

NEPALI: dict[str, str] = {
    "word.line.nights": "रातहरू",
    "word.line.hours": "घण्टाहरू",
    "word.line.slots": "पालोहरू",
    "word.line.cleaning": "सरसफाइ",
    "word.line.extra_guests": "थप पाहुना",
    "word.line.pet": "घरपालुवा जनावर",
    "word.line.weekly_discount": "साप्ताहिक छुट",
    "word.line.monthly_discount": "मासिक छुट",
    "word.line.early_bird": "अगावै मागेको छुट",
    "word.line.last_minute": "अन्तिम समयको छुट",
    "word.line.non_refundable": "फिर्ता नहुने छुट",
    "word.line.guest_fee": "पाहुनाबाट मार्केटप्लेसको शुल्क",
    "word.line.host_fee": "घरधनीबाट मार्केटप्लेसको शुल्क",
    "word.line.cohost": "सह-घरधनीलाई",
    "word.line.occupancy_tax": "बास कर",
    "word.line.occupancy_tax_by_head": "प्रति व्यक्ति बास कर",
    "word.customer": "पाहुना",
    "word.provider": "घरधनी",
    "word.cohost": "सह-घरधनी",
    "word.nights": "रात",
    "word.hours": "घण्टा",
    "word.slots": "पालो",
    "line.nights": "{money}: {steps} रात {runs:each}{units||, {units} एकाइ}",
    "line.hours": "{money}: {steps} घण्टा {runs:each}{units||, {units} एकाइ}",
    "line.slots": "{money}: {steps} पालो {runs:each}{units||, {units} एकाइ}",
    "line.cleaning": "{money}: सरसफाइ, एक पटक",
    "line.extra_guests": (
        "{money}: {after} भन्दा बढी पाहुना ({guests}), प्रति जना {each:money}, {steps} {step:word}"
    ),
    "line.pet": "{money}: घरपालुवा जनावर, एक पटक",
    "line.weekly_discount": "{money} छुट: {days} दिनदेखि {bp:percent}",
    "line.monthly_discount": "{money} छुट: {days} दिनदेखि {bp:percent}",
    "line.early_bird": "{money} छुट: {days} दिन वा बढी अगाडि मागिएकोले {bp:percent}",
    "line.last_minute": "{money} छुट: {days} दिन वा कम अगाडि मागिएकोले {bp:percent}",
    "line.non_refundable": "{money} छुट: फिर्ता नहुने भएकोले {bp:percent}",
    "line.guest_fee": "{money}: मार्केटप्लेसको शुल्क, {of:money} को {bp:percent}",
    "line.host_fee": "{money}: घरधनीबाट मार्केटप्लेसको शुल्क, {of:money} को {bp:percent}",
    "line.cohost": "{money}: सह-घरधनीलाई, {of:money} को {bp:percent}",
    "line.occupancy_tax": "{money}: {name}, {of:money} को {bp:percent}",
    "line.occupancy_tax_by_head": (
        "{money}: {name}, प्रति व्यक्ति प्रति रात {each:money} ({persons} जना, {steps} रात)"
    ),
    "stay_unknown_zone": "{zone} नामको समय क्षेत्र छैन; उदाहरण: Asia/Kathmandu",
    "stay_zone_off_the_grid": (
        "{zone} को घडी {grain_s:duration} को पालोसँग मिल्दैन; छोटो पालो छान्नुहोस्"
    ),
    "stay_not_whole": "{at} पूर्ण संख्या हुनुपर्छ, {value} होइन",
    "stay_no_such_date": "नियम {rule}: {date} मिति कुनै पात्रोमा छैन",
    "stay_rule_without_from": "नियम {rule}: {to} मा सकिन्छ तर कहिले सुरु हुने भनिएको छैन",
    "stay_rule_ends_first": "नियम {rule}: {from} मा सुरु हुनुअघि {to} मै सकिन्छ",
    "stay_rule_for_no_date": "नियम {rule}: न मिति न बार भनिएको छ",
    "stay_least_above_most": "कम्तीमा {least} र बढीमा {most} बीच केही बाँकी रहँदैन",
    "stay_closes_before_it_opens": "{opens} मा खुल्छ, तर त्यसअघि {closes} मै बन्द हुन्छ",
    "stay_unknown_jurisdiction": "{name} नामको कर क्षेत्र छैन; छन्: {known}",
    "stay_shares_above_all": "सह-घरधनीको जम्मा {bp:percent} छ, १०० % मात्र हुन्छ",
    "stay_no_night": "बसाइ कम्तीमा एक रातको हुन्छ: {first} देखि {last}",
    "stay_off_the_grid": "{zone} को घडीमा समय {grain_s:duration} को गुणनफल हुनुपर्छ",
    "stay_off_the_calendar": "बसाइ सन् {first} देखि {last} भित्र हुन्छ, {year} मा होइन",
    "stay_needs_dates": "बसाइको आगमन र प्रस्थान मिति चाहिन्छ",
    "stay_too_few_units": "{wanted} चाहियो, {has} मात्र {has|छ|छन्}",
    "stay_too_many_guests": "{guests} पाहुना, {most} जनाको मात्र ठाउँ छ",
    "stay_too_many_pets": "{pets} घरपालुवा जनावर, {most} को मात्र अनुमति छ",
    "stay_rate_not_offered": "घरधनीको यस्तो दर छैन ({rate})",
    "stay_no_calendar": "यो घरको कुनै रात क्यालेन्डरमा छैन",
    "stay_other_times": "स्थानीय समयमा आगमन {check_in} बजे, प्रस्थान {check_out} बजे",
    "stay_in_the_past": "{begins} मै सुरु भइसक्यो",
    "stay_too_soon": (
        "घरधनीलाई {notice_s:duration} अगाडि खबर चाहिन्छ, {left_s:duration} मात्र बाँकी छ"
    ),
    "stay_too_far_ahead": "पात्रो {days} दिन अगाडिसम्म, {until} सम्म मात्र खुला छ",
    "stay_closed": "घरधनीले {dates} दिएका छैनन् (जम्मा {count})",
    "stay_no_price": "घरधनीले {dates} को मूल्य राखेका छैनन् (जम्मा {count})",
    "stay_dates_taken": "भरिएको: {dates} (जम्मा {count})",
    "stay_taken": "भरिएको",
    "stay_booked": "पाहुनाले लिएका: {units}",
    "stay_blocked": "घरधनीले रोकेका: {units} {labels}",
    "stay_no_time_to_prepare": "अघि वा पछि तयारीको समय बाँकी छैन",
    "stay_too_short_arriving": (
        "{date} मा आउने कम्तीमा {limit} {step:word} बस्नुपर्छ, {steps} मागिएको थियो"
    ),
    "stay_too_long_arriving": (
        "{date} मा आउने बढीमा {limit} {step:word} बस्न पाउँछ, {steps} मागिएको थियो"
    ),
    "stay_too_short_through": (
        "{date} मा रहने कम्तीमा {limit} {step:word} बस्नुपर्छ, {steps} मागिएको थियो"
    ),
    "stay_too_long_through": (
        "{date} मा रहने बढीमा {limit} {step:word} बस्न पाउँछ, {steps} मागिएको थियो"
    ),
    "stay_too_long": "एक पटकमा बढीमा {limit} {step:word} मिल्छ, {steps} मागिएको थियो",
    "stay_too_long_for_months": (
        "महिनैपिच्छे तिर्दा बढीमा {limit} {step:word} ({months} महिना) मिल्छ, {steps} मागिएको थियो"
    ),
    "stay_no_arrival": "{date} मा आगमन हुँदैन; आगमनका बार: {weekdays}",
    "stay_no_departure": "{date} मा प्रस्थान हुँदैन; प्रस्थानका बार: {weekdays}",
    "stay_cohost_left": "मूल्य तोकिएपछि सह-घरधनी हट्नुभयो; नयाँ मूल्य माग्नुहोस्",
    "stay_file_broken": "फाइल यसभन्दा अगाडि पढ्न मिलेन: {error}",
    "stay_row_unreadable": "पङ्क्ति पढ्न मिलेन: {error}",
    "stay_row_out_of_order": "सूची {listing} का पङ्क्ति सँगसँगै छैनन्",
    "stay_row_twice": "{date} पहिले नै छ",
    "stay_field_count": "{expected} महल हुनुपर्नेमा {found} {found|छ|छन्}",
    "stay_malformed_field": "{column} {text} हुन सक्दैन",
    "stay_no_place": "{where} पृथ्वीमा कतै पर्दैन",
    "stay_lead_beyond": "{days} दिन अगाडि लिइएको; {most} दिनभन्दा अगाडि कसैले लिँदैन",
    "stay_booked_for_no_night": "बुकिङ {booking} एक रातको पनि होइन",
    "stay_nights_beyond": "{nights} रात; एउटा बुकिङमा बढीमा {most} रात हुन्छ",
    "stay_no_adult": "कुनै वयस्क आउँदैन, {children} {children|बालक|बालबालिका} मात्र",
    "stay_changes_beyond": "{changes} पटक फेरिएको; बढीमा {most} पटक मात्र पत्याइन्छ",
    "stay_ends_out_of_order": "{on} मा {ended}, तर {first} अघि वा {last} पछि हुन सक्दैन",
    "stay_negative_rate": "एक रातको {rate}, शून्यभन्दा कम",
    "stay_rate_beyond": "एक रातको {rate}; बढीमा {most} मात्र पत्याइन्छ",
    "stay_unknown_deposit": "धरौटी {deposit} भएका बुकिङ कसरी तिर्ने भनिएको छैन",
}

WORDS = {"en": ENGLISH | deal_words.ENGLISH, "ne": NEPALI | deal_words.NEPALI}
