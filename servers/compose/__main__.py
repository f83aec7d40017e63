"""The compose server: python -m servers.compose."""

from __future__ import annotations

from reelmesh.compose.v1 import compose_pb2
from servers.chassis.serve import EngineServer
from servers.chassis.serve import main as run
from servers.compose.methods import ComposeMethods

SERVER = EngineServer(
    name="compose",
    service=compose_pb2.DESCRIPTOR.services_by_name["ComposeService"],
    entry_points="reelmesh.compose.engines",
    extra=ComposeMethods,
)


def main() -> None:
    """Serves until it is told to stop."""
    run(SERVER)


if __name__ == "__main__":
    main()
