"""The ASR server: python -m servers.asr."""

from __future__ import annotations

from reelmesh.asr.v1 import asr_pb2
from servers.chassis.serve import EngineServer
from servers.chassis.serve import main as run

SERVER = EngineServer(
    name="asr",
    service=asr_pb2.DESCRIPTOR.services_by_name["ASRService"],
    entry_points="reelmesh.asr.engines",
)


def main() -> None:
    """Serves until it is told to stop."""
    run(SERVER)


if __name__ == "__main__":
    main()
