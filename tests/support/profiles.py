"""How long Hypothesis searches: `dev` at the desk, `ci` before a merge, `night` when all sleep.

Chosen by `--hypothesis-profile`, else by HYPOTHESIS_PROFILE, else `ci` where CI is set.
"""

import os

from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

# Slow machines are no reason to fail: what a test may cost in time is a matter of its budget.
_SHARED = settings(
    deadline=None,
    database=DirectoryBasedExampleDatabase(".hypothesis/examples"),
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)

# For one mutant of many: a law that needs more examples to see it looks at it again with `dev`.
settings.register_profile("mutants", _SHARED, max_examples=10, stateful_step_count=20)
settings.register_profile("dev", _SHARED, max_examples=50, stateful_step_count=30)
settings.register_profile("ci", _SHARED, max_examples=500, stateful_step_count=50)
settings.register_profile("night", _SHARED, max_examples=20_000, stateful_step_count=80)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") == "true" else "dev")
)


def profile() -> str:
    """The name of the profile that is loaded, by its number of examples."""
    return {50: "dev", 500: "ci", 20_000: "night"}.get(settings.default.max_examples, "dev")


def within(*, dev: int, ci: int, night: int) -> int:
    """How many examples a test has that costs more than a pure function's."""
    return {"dev": dev, "ci": ci, "night": night}[profile()]
