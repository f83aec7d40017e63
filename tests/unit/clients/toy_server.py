"""A server as small as can be: says that it listens, and ends with its parent or with SIGTERM.

TOY_FAULT: "silent" ends without a word, "settings" says that the settings are wrong, "deaf" does not end when
told to, "late" listens only once the file TOY_GATE exists.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path


def main() -> None:
    """Runs it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen")
    parser.add_argument("--log-file")
    parser.add_argument("--with-parent", action="store_true")
    options = parser.parse_args()
    fault = os.environ.get("TOY_FAULT", "")
    if fault == "silent":
        sys.exit(3)
    if fault == "settings":
        sys.exit("the settings are wrong:\nconfig.yaml:3: tts.capacity: Input should be greater than 0")
    if fault == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while fault == "late" and not Path(os.environ["TOY_GATE"]).exists():
        time.sleep(0.01)
    with Path(options.log_file).open("a") as log:
        log.write(f"{os.getpid()} {options.listen} {os.environ.get('REELMESH_MESH__HOME', '')}\n")
    print(
        json.dumps({"server": "toy", "address": options.listen, "pid": os.getpid(), "version": "0"}),
        flush=True,
    )
    sys.stdin.read()


if __name__ == "__main__":
    main()
