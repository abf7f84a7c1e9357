"""What the tests of the bench stand on."""

import pytest

from tests.support.compiled import compile_once


@pytest.fixture(autouse=True)
def _compiled(request: pytest.FixtureRequest) -> None:
    """Whoever asks numba waits until one worker has compiled."""
    if "numba" in request.node.name or "dispatch" in request.node.nodeid:
        compile_once()
