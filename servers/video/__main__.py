"""The VideoProvider server: python -m servers.video."""

from __future__ import annotations

from reelmesh.video.v1 import video_pb2
from servers.chassis.serve import EngineServer
from servers.chassis.serve import main as run
from servers.video.listing import VideoProviderMethods

SERVER = EngineServer(
    name="video",
    service=video_pb2.DESCRIPTOR.services_by_name["VideoProviderService"],
    entry_points="reelmesh.video.providers",
    extra=VideoProviderMethods,
)


def main() -> None:
    """Serves until it is told to stop."""
    run(SERVER)


if __name__ == "__main__":
    main()
