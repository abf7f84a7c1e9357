"""What the plugin says to people, in English and Nepali."""

WORDS = {
    "en": {
        "notify.ical.conflict": (
            "{title}: {feed} has a guest from {first} to {last}, and so have we. "
            "If {feed} only shows our own calendar, all is well; otherwise call one of them off."
        ),
        "notify.ical.doubtful": (
            "{feed} of {title} suddenly says almost nothing: its {kept} {kept|day stays|days stay} "
            "blocked until you confirm that {kept|it is|they are} free."
        ),
        "notify.ical.failing": (
            "{feed} of {title} could not be fetched ({code}); what it last said stays blocked."
        ),
        "notify.ical.mended": "{feed} of {title} is followed again.",
    },
    "ne": {
        "notify.ical.conflict": (
            "{title}: {first} देखि {last} सम्म {feed} मा पनि पाहुना छन्, हामीकहाँ पनि। "
            "{feed} ले हाम्रै पात्रो देखाएको हो भने ठीकै छ; नत्र एउटा रद्द गर्नुहोस्।"
        ),
        "notify.ical.doubtful": (
            "{title} को {feed} अचानक लगभग खाली भयो: खाली नै हो भनेर नभनेसम्म "
            "{kept} वटा रोक्का कायमै रहन्छन्।"
        ),
        "notify.ical.failing": (
            "{title} को {feed} ल्याउन सकिएन ({code}); अन्तिम पटक देखिएका दिन रोक्का नै रहन्छन्।"
        ),
        "notify.ical.mended": "{title} को {feed} फेरि पछ्याइँदैछ।",
    },
}
