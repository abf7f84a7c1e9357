"""What differs between databases, as one small interface with a file for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from marketplace.errors import MarketplaceError
from marketplace.store.runner import Runner
from marketplace.store.sharing import SharedCommits
from marketplace.store.tables import Tables


class Adapter(Protocol):
    """One kind of database."""

    name: str
    """``sqlite`` or ``postgresql``: the name of SQLAlchemy's dialect."""
    mark: str
    """How a parameter is marked in a statement."""
    row_lock: str
    """What a SELECT ends with to lock its rows for a change that keeps their keys."""
    skip_locked: str
    """What a SELECT ends with to lock its rows and pass over those that others hold."""
    share_lock: str
    """What a SELECT ends with so that the rows it calls ``r`` do not change meanwhile."""
    in_cells: str
    """Rows ``s`` of ``search_entry`` in ``:beyond`` cells from each of ``:cells`` on, by range."""
    of_word: str
    """Joins the rows ``s`` of ``search_entry`` to those ``w`` of a word, which are few."""
    aside: str
    """What stands before a column by which no rows are to be looked up, where that must be said."""
    pairs: str
    """A table of ``name`` and ``number`` from a JSON object sent as ``:pairs``."""
    with_writes: bool
    """Whether one statement may write several tables; where not, triggers do what follows."""
    name_lock: str | None
    """A SELECT that locks a name, its one parameter, until the transaction ends; None where
    only one writes anyhow."""
    sha256: str | None
    """The SHA-256 (hex) of the ``{text}``, as the database makes it; None where it cannot."""
    commits: SharedCommits | None
    """How writers share commits; None where each has its own."""
    due_timers: str | None
    """The SELECT of due timers where others may be looking for them too."""

    def any_of(self, column: str, parameter: str) -> str:
        """The condition that a column is one of a list sent as one parameter."""
        ...

    def each(self, parameter: str, kind: str) -> str:
        """A table of one column, ``value``, from a list sent as one parameter."""
        ...

    def rows_of(self, names: Sequence[str], columns: Sequence[sa.Column[Any]]) -> str | None:
        """A table ``r`` of these names, of the columns' types, from rows that are sent as one
        parameter (see ``as_rows``); None where a statement that is run for many is as fast."""
        ...

    def holds(self, column: str, parameter: str) -> str:
        """The condition that a column's text has the parameter's in it, sign by sign."""
        ...

    def array(self, values: Sequence[Any]) -> Any:
        """A list as one parameter."""
        ...

    def whole(self, value: int) -> int:
        """A whole number as a parameter of one type, however large it is."""
        ...

    def unless_taken(self, tables: Tables) -> str:
        """What the insertion of a claim ends with, so that an overlap gives no row."""
        ...

    def put_moment(self, value: datetime) -> Any:
        """What is sent for a moment."""
        ...

    def get_moment(self, value: Any) -> datetime:
        """A moment that came back, aware and in UTC."""
        ...

    def turn(self, *, write: bool) -> AbstractContextManager[None]:
        """Wait for one's turn on the database, where only one can write at a time."""
        ...

    def begin(self, connection: sa.Connection, *, write: bool) -> None:
        """Begin a transaction on a connection of one's own."""
        ...

    def data_version(self, connection: sa.Connection, tables: Tables, begun: Any = None) -> Any:
        """In a writer's transaction: what is another as soon as anybody has changed a row of these
        tables, here or elsewhere; None where nobody can tell. ``begun`` is what it was when this
        transaction had begun, since when nobody elsewhere can have."""
        ...

    def end(self, connection: sa.Connection, *, write: bool) -> None:
        """Leave a connection as it was found, after its transaction ended."""
        ...

    @property
    def only_read(self) -> Callable[[sa.Connection], None] | None:
        """Has the database itself refuse writing on a reader's connection until its ``end``; None
        where a reader's transaction does so anyhow."""
        ...

    def join(self, connection: sa.Connection, *, write: bool) -> None:
        """Make sure that a caller's connection is in a transaction; savepoints need one."""
        ...

    def runner(self, connection: sa.Connection, *, writable: bool, outside: bool) -> Runner:
        """What runs statements on the driver's connection beneath this one."""
        ...

    def translate(self, error: Exception) -> MarketplaceError:
        """An error of this library's for one of the driver's or SQLAlchemy's."""
        ...

    def lock_schema(self, connection: sa.Connection) -> None:
        """Let nobody else make or change tables until the transaction ends."""
        ...

    def beyond(self, tables: Tables) -> set[str]:
        """Indexes that stand behind guards: no table names them."""
        ...

    def guards(self, tables: Tables) -> list[str]:
        """Statements that make the triggers, types and constraints beyond the tables."""
        ...
