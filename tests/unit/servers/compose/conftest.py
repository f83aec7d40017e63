"""One engine for all films of a test run: its worker processes stay warm from test to test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.servers.compose.studio import Stage


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()
