"""A connection with the face of an AsyncConnection whose statements run at once, in the loop's thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.engine import Dialect

T = TypeVar("T")


class Inline:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Dialect:
        """As of the connection."""
        return self._connection.dialect

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Runs a statement."""
        return self._connection.execute(statement, parameters)

    async def exec_driver_sql(self, statement: str) -> CursorResult[Any]:
        """Runs a statement in the database's own words."""
        return self._connection.exec_driver_sql(statement)

    async def run_sync(self, work: Callable[..., T], *arguments: Any) -> T:
        """Runs a function that is given the connection."""
        return work(self._connection, *arguments)
