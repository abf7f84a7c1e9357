"""What the tests of matching stand on."""

import pytest

from tests.support.compiled import compile_once


@pytest.fixture(autouse=True)
def _compiled(request: pytest.FixtureRequest) -> None:
    """Whoever asks numba waits until one worker has compiled."""
    if "numba" in request.node.name:
        compile_once()
