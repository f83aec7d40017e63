"""The orchestrator: `python -m orchestrator`."""

from __future__ import annotations

from orchestrator.building import SERVER
from servers.chassis.serve import main as run


def main() -> None:
    """Runs the server until it is told to stop."""
    run(SERVER)


if __name__ == "__main__":
    main()
