"""What is mutated, and which tests judge it: the mirrored ones first, then the quickest stories.

mutmut runs for each mutant those of its judges that reach the mutated function, quickest first,
and stops at the first that fails.
"""

from pathlib import Path
from typing import NamedTuple


class Judged(NamedTuple):
    """A module of the package, and the test files that judge it."""

    path: str
    quick: tuple[str, ...]
    thorough: tuple[str, ...] = ()
    """Who judges, besides the quick ones, what those left alive."""
    postgres: bool = False
    """Whether the thorough judge on PostgreSQL too: for what is said to that one only."""

    @property
    def source(self) -> Path:
        """Where it lies in the repository."""
        return Path("src/marketplace") / self.path


_LEDGER = (
    "tests/store/test_ledger.py",
    "tests/store/test_ledger_reading.py",
    "tests/store/test_ledger_sums.py",
    "tests/store/test_ledger_accounts.py",
    "tests/store/test_ledger_refusals.py",
    "tests/store/test_ledger_model.py",
)
_CAPACITY = (
    "tests/store/test_claims.py",
    "tests/store/test_claims_told.py",
    "tests/store/test_counts.py",
    "tests/store/test_touching.py",
)
_STORIES = (
    "tests/stories/test_lessons_by_the_hour.py",
    "tests/stories/test_cash_bike_rides.py",
    "tests/stories/test_after_the_ride.py",
)
_BOOKED = (
    *_STORIES,
    "tests/app/test_statements.py",
    "tests/stories/test_earnings_passed_on.py",
)

JUDGED = {
    "money": Judged("domain/money.py", ("tests/domain/test_money.py", "tests/domain/test_rate.py")),
    "ledger": Judged(
        "domain/ledger.py",
        ("tests/domain/test_ledger.py", "tests/store/test_ledger.py"),
    ),
    "quote": Judged("domain/quote.py", ("tests/domain/test_quote.py", "tests/domain/test_rate.py")),
    "transition": Judged(
        "domain/transition.py",
        (
            "tests/domain/test_transition.py",
            "tests/domain/test_row_data.py",
            "tests/domain/test_printing.py",
            "tests/domain/test_prover.py",
        ),
    ),
    "process": Judged(
        "domain/process.py",
        (
            "tests/domain/test_process.py",
            "tests/domain/test_transition.py",
            "tests/domain/test_row_data.py",
            "tests/domain/test_prover.py",
            "tests/domain/test_printing.py",
            "tests/domain/test_drawing.py",
        ),
    ),
    "book-of-money": Judged("store/ledger.py", _LEDGER, postgres=True),
    "reading": Judged("store/ledger_reading.py", _LEDGER, postgres=True),
    "claims": Judged("store/claims.py", _CAPACITY, postgres=True),
    "touching": Judged("store/touching.py", _CAPACITY, postgres=True),
    "counts": Judged("store/counts.py", _CAPACITY, postgres=True),
    "books": Judged(
        "app/books.py", ("tests/app/test_books.py", "tests/app/test_rules_of_books.py"), _BOOKED
    ),
    "engine": Judged(
        "app/engine.py",
        ("tests/app/test_engine.py",),
        (
            "tests/app/test_linking.py",
            "tests/app/test_effects_in_their_turn.py",
            "tests/stories/test_limits_of_rows_that_wait.py",
            "tests/stories/test_confirmed_too_late.py",
            "tests/stories/test_checkouts.py",
            *_STORIES,
        ),
    ),
}
