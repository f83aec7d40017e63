"""The VideoProvider server: python -m servers.video."""

from __future__ import annotations

from servers.chassis.serve import PlainServer
from servers.chassis.serve import main as run
from servers.video.building import build

SERVER = PlainServer(name="video", build=build)


def main() -> None:
    """Serves until it is told to stop."""
    run(SERVER)


if __name__ == "__main__":
    main()
