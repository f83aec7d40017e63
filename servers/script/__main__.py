"""The Script server: python -m servers.script."""

from __future__ import annotations

from reelmesh.script.v1 import script_pb2
from servers.chassis.serve import EngineServer
from servers.chassis.serve import main as run

SERVER = EngineServer(
    name="script",
    service=script_pb2.DESCRIPTOR.services_by_name["ScriptService"],
    entry_points="reelmesh.script.engines",
)


def main() -> None:
    """Runs the server until it is told to stop."""
    run(SERVER)


if __name__ == "__main__":
    main()
