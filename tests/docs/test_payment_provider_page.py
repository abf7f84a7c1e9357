"""The how-to on payment providers: the one that it writes passes the laws, as it says."""

import pytest
from sybil import Sybil
from sybil.parsers.myst import CodeBlockParser

from tests.support.data import REPOSITORY
from tests.support.source import SRC

PAGE = REPOSITORY / "docs" / "how-to" / "write-a-payment-provider.md"
BROKEN = {
    "a key that is not the order's": ("(order.key, order.means,", "(object(), order.means,"),
    "a no that is an exception": ('if said["state"] == "declined":', "if False:"),
    "a look-up that knows nothing": ("said = self.bank.find(order.key)", "said = None"),
    "another order's key taken for no answer": (
        "raise IdempotencyMismatch(",
        "raise PaymentProviderUnavailable(",
    ),
}


def written() -> str:
    """All that the page has a reader write, up to the laws."""
    page = Sybil([CodeBlockParser("python", lambda example: None)]).parse(PAGE)
    return "\n\n".join(str(example.parsed) for example in list(page.examples())[:4])


def test_the_page_s_provider_passes_the_laws(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: what the page writes, in a project of its own, passes every law but those about
    holds, about passing on and about payouts that come back, which are skipped aloud."""
    monkeypatch.setenv("PYTHONPATH", str(SRC))
    pytester.makepyfile(written())
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=9, skipped=5)


@pytest.mark.parametrize("what", sorted(BROKEN))
def test_each_rule_of_the_page_is_tried(
    what: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: a provider that breaks one of the page's four rules fails."""
    monkeypatch.setenv("PYTHONPATH", str(SRC))
    right, wrong = BROKEN[what]
    text = written()
    assert text.count(right) >= 1
    pytester.makepyfile(text.replace(right, wrong))
    outcome = pytester.runpytest_subprocess("-p", "no:cacheprovider").parseoutcomes()
    assert outcome.get("failed", 0) >= 1
