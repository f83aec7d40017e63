"""The ImageGen server: python -m servers.imagegen."""

from __future__ import annotations

from reelmesh.imagegen.v1 import imagegen_pb2
from servers.chassis.serve import EngineServer
from servers.chassis.serve import main as run
from servers.imagegen.lettering import checked
from servers.imagegen.listing import ImageGenMethods

SERVER = EngineServer(
    name="imagegen",
    service=imagegen_pb2.DESCRIPTOR.services_by_name["ImageGenService"],
    entry_points="reelmesh.imagegen.engines",
    extra=ImageGenMethods,
    around=checked.around,
)


def main() -> None:
    """Serves until it is told to stop."""
    run(SERVER)


if __name__ == "__main__":
    main()
