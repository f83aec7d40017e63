"""A worker for the tests: answers, reports, refuses, crashes, hangs, and starts a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

from servers.chassis.worker_main import Refused, Report, serve


def echo(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    for step in range(arguments.get("steps", 0)):
        report({"step": step})
    print("noise that must not break the protocol")
    return {"pid": os.getpid(), **arguments}


def refuse(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    raise Refused("text", "must be spoken")


def fail(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    raise ValueError("can not read /home/ann/secret/story.txt")


def die(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGSEGV)
    return {}


def hang(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    report({"pid": os.getpid(), "child": child.pid})
    time.sleep(600)
    return {}


def gobble(arguments: dict[str, Any], report: Report) -> dict[str, Any]:
    return {"length": len(bytearray(8 << 30))}


if __name__ == "__main__":
    serve({"echo": echo, "refuse": refuse, "fail": fail, "die": die, "hang": hang, "gobble": gobble})
