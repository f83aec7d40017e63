"""The TTS server: python -m servers.tts."""

from __future__ import annotations

from reelmesh.tts.v1 import tts_pb2
from servers.chassis.serve import EngineServer
from servers.chassis.serve import main as run
from servers.tts.listing import TTSMethods

SERVER = EngineServer(
    name="tts",
    service=tts_pb2.DESCRIPTOR.services_by_name["TTSService"],
    entry_points="reelmesh.tts.engines",
    extra=TTSMethods,
)


def main() -> None:
    """Serves until it is told to stop."""
    run(SERVER)


if __name__ == "__main__":
    main()
