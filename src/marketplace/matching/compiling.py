"""Functions over arrays, compiled by numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compiled when it is first called; kept on disk where there is a folder to keep it in."""
    try:
        made: Any = njit(cache=True)(function)
    except RuntimeError:  # numba finds no folder that it may write into
        made = njit(function)
    return cast(F, made)
