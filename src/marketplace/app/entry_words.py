"""What an entry of the ledger says of itself: a reason for each, and its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.app.rules_of_books import RULES
from marketplace.domain.reason import Reason
from marketplace.domain.wording import Catalogues, has

UNDONE = "reverse settlement"
_TOLD = ("transaction", "purse", "row")


def entry_reason(
    kind: str, rule: str, words: Catalogues, details: Mapping[str, Any] | None = None
) -> Reason:
    """Why an amount came or went, from what was posted with it: the line, the rule, the kind."""
    said = details or {}
    params = {"kind": kind, **{name: said[name] for name in _TOLD if name in said}}
    if not rule:
        code = f"entry.{kind.replace(' ', '_')}"
        return Reason(code if has(code, words) else "entry.other", params)
    if rule in RULES:
        return Reason(f"entry.{rule}", params)
    # What a line is called beside its sentence; a trade need not say.
    name = f"line.{rule}" if has(f"word.line.{rule}", words) else rule.replace("_", " ")
    code = "entry.line_undone" if kind == UNDONE else "entry.line"
    return Reason(code, {**params, "line": name, "rule": rule})


ENGLISH: Mapping[str, str] = {
    "entry.line": "settled: {line:word}",
    "entry.line_undone": "settlement taken back: {line:word}",
    "entry.line_alone": "{line:word}",
    "entry.other": "{kind}",
    "entry.books.netted": "earnings pay a debt",
    "entry.books.from_wallet": "taken out of the wallet",
    "entry.books.owed": "more than was there: a debt",
    "entry.books.dues_paid": "credit pays dues",
    "entry.books.rest": "paid beyond the price: credit",
    "entry.books.cash_kept": "taken in cash already",
    "entry.books.passed_on": "passed on already by the payment provider",
    "entry.books.awaited": "waits until the customer has paid",
    "entry.books.paid_meanwhile": "a debt taken back, which was paid meanwhile",
    "entry.books.payout_fee": "fee of a payout at once",
    "entry.top_up": "paid in",
    "entry.hold": "set aside for a deal",
    "entry.void": "set aside no more",
    "entry.capture": "taken for a deal",
    "entry.charge": "paid for a deal",
    "entry.cash": "paid in cash",
    "entry.settle": "deal settled",
    "entry.reverse_settlement": "settlement taken back",
    "entry.refund": "given back",
    "entry.refund_paid": "given back, and paid",
    "entry.refund_returned": "came back from the bank",
    "entry.refund_undone": "a refund came to nothing",
    "entry.refund_credited": "given back as credit",
    "entry.dues": "left unpaid: owed",
    "entry.dues_paid": "the customer has paid what was awaited",
    "entry.set_aside": "set aside while a dispute is open",
    "entry.transfer": "given for a deal",
    "entry.write_off": "a debt is given up",
    "entry.processor_fee": "fee of the payment provider",
    "entry.payout": "paid out",
    "entry.passed_on": "passed on by the payment provider",
    "entry.taken_back": "taken back by the payment provider",
    "entry.passed_on_owed": "passed on for a deal that came to nothing: owed",
    "entry.cash_out": "credit paid out",
    "entry.cash_out_failed": "pay-out of credit failed: credit again",
    "entry.cash_out_returned": "credit sent back by the bank: credit again",
    "entry.payout_paid": "payout arrived",
    "entry.payout_failed": "payout failed: earnings again",
    "entry.payout_returned": "payout sent back by the bank: earnings again",
    "entry.take_back": "asked back of what was paid out",
    "entry.payout_taken_back": "taken back of what was paid out: a debt is paid",
    "entry.payout_not_taken_back": "could not be taken back of what was paid out: still owed",
    "entry.chargeback": "taken back by a bank",
    "entry.chargeback_won": "given again by a bank",
    "entry.chargeback_set_aside": "set aside until a bank decides",
    "entry.chargeback_set_free": "set aside no more: the bank decided",
    "entry.chargeback_borne": "bears what a bank took back",
    "entry.chargeback_borne_reversed": "bears no more what a bank took back",
    "entry.chargeback_covered": "covers what a bank took back",
    "entry.chargeback_covered_reversed": "covers no more what a bank took back",
    "entry.chargeback_credited": "given again by a bank, as credit",
    "entry.chargeback_fee": "fee of a chargeback",
    "entry.chargeback_fee_returned": "fee of a chargeback given back",
    "entry.chargeback_fee_borne": "bears the fee of a chargeback",
    "entry.chargeback_fee_borne_reversed": "bears the fee of a chargeback no more",
}

NEPALI: Mapping[str, str] = {
    "entry.line": "हिसाब मिलाइयो: {line:word}",
    "entry.line_undone": "हिसाब फिर्ता: {line:word}",
    "entry.line_alone": "{line:word}",
    "entry.other": "{kind}",
    "entry.books.netted": "कमाइबाट ऋण तिरियो",
    "entry.books.from_wallet": "वालेटबाट लिइयो",
    "entry.books.owed": "भएको भन्दा बढी: ऋण",
    "entry.books.dues_paid": "जम्मा रकमबाट बाँकी तिरियो",
    "entry.books.rest": "मूल्यभन्दा बढी तिरेको: जम्मा",
    "entry.books.cash_kept": "नगद लिइसकेको",
    "entry.books.passed_on": "भुक्तानी प्रदायकले दिइसकेको",
    "entry.books.awaited": "ग्राहकले नतिरेसम्म रोकिएको",
    "entry.books.paid_meanwhile": "फिर्ता लिइएको ऋण, जुन बीचमा तिरिसकिएको थियो",
    "entry.books.payout_fee": "तुरुन्त भुक्तानीको शुल्क",
    "entry.top_up": "रकम थपियो",
    "entry.hold": "कारोबारका लागि रोक्का",
    "entry.void": "रोक्का फुकुवा",
    "entry.capture": "कारोबारका लागि लिइयो",
    "entry.charge": "कारोबारका लागि तिरियो",
    "entry.cash": "नगद तिरियो",
    "entry.settle": "कारोबारको हिसाब मिलाइयो",
    "entry.reverse_settlement": "हिसाब फिर्ता",
    "entry.refund": "फिर्ता दिइयो",
    "entry.refund_paid": "फिर्ता दिइयो र पुग्यो",
    "entry.refund_returned": "बैंकबाट फर्क्यो",
    "entry.refund_undone": "फिर्ता सफल भएन",
    "entry.refund_credited": "वालेटमा फिर्ता",
    "entry.dues": "तिर्न बाँकी",
    "entry.dues_paid": "पर्खिएको रकम ग्राहकले तिर्नुभयो",
    "entry.set_aside": "विवाद नटुङ्गिएसम्म छुट्याइएको",
    "entry.transfer": "कारोबारका लागि दिइयो",
    "entry.write_off": "ऋण अपलेखन",
    "entry.processor_fee": "भुक्तानी प्रदायकको शुल्क",
    "entry.payout": "भुक्तानी पठाइयो",
    "entry.passed_on": "भुक्तानी प्रदायकले दियो",
    "entry.taken_back": "भुक्तानी प्रदायकले फिर्ता लियो",
    "entry.passed_on_owed": "रद्द भएको कारोबारको दिइसकेको रकम: तिर्न बाँकी",
    "entry.cash_out": "जम्मा रकम दिइयो",
    "entry.cash_out_failed": "जम्मा रकम पठाउन सकिएन: फेरि जम्मा",
    "entry.cash_out_returned": "बैंकले जम्मा रकम फर्कायो: फेरि जम्मा",
    "entry.payout_paid": "भुक्तानी पुग्यो",
    "entry.payout_failed": "भुक्तानी असफल: फेरि कमाइमा",
    "entry.payout_returned": "बैंकले भुक्तानी फर्कायो: फेरि कमाइमा",
    "entry.take_back": "दिइसकेको रकमबाट फिर्ता मागियो",
    "entry.payout_taken_back": "दिइसकेको रकमबाट फिर्ता लिइयो: ऋण तिरियो",
    "entry.payout_not_taken_back": "दिइसकेको रकमबाट फिर्ता लिन सकिएन: तिर्न बाँकी नै",
    "entry.chargeback": "बैंकले फिर्ता लियो",
    "entry.chargeback_won": "बैंकले फेरि दियो",
    "entry.chargeback_set_aside": "बैंकको निर्णयसम्म छुट्याइएको",
    "entry.chargeback_set_free": "बैंकको निर्णय भयो: फुकुवा",
    "entry.chargeback_borne": "बैंकले फिर्ता लिएको बेहोरियो",
    "entry.chargeback_borne_reversed": "बैंकले फिर्ता लिएको अब बेहोर्नुपर्दैन",
    "entry.chargeback_covered": "बैंकले फिर्ता लिएकोमा मिलाइयो",
    "entry.chargeback_covered_reversed": "बैंकले फिर्ता लिएकोमा मिलाएको फिर्ता",
    "entry.chargeback_credited": "बैंकले फेरि दिएको, वालेटमा",
    "entry.chargeback_fee": "चार्जब्याकको शुल्क",
    "entry.chargeback_fee_returned": "चार्जब्याकको शुल्क फिर्ता",
    "entry.chargeback_fee_borne": "चार्जब्याकको शुल्क बेहोरियो",
    "entry.chargeback_fee_borne_reversed": "चार्जब्याकको शुल्क अब बेहोर्नुपर्दैन",
}
