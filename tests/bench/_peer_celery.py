"""Celery on Redis beside the orchestrator's benchmark, in the peers' own environment.

python _peer_celery.py REDIS_URL CHAINS STEPS AT_ONCE: starts a worker with a process for each core, and
prints {"steps_per_second"} for chains of tasks that do nothing. Results are kept in Redis, as its state.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from celery import Celery, chain  # type: ignore[import-not-found, unused-ignore]

URL = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:0")
app = Celery("_peer_celery", broker=URL, backend=URL)
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=4, broker_connection_retry_on_startup=True)


@app.task(name="nothing")  # type: ignore[untyped-decorator, unused-ignore]
def nothing(number: int) -> int:
    """A step that does nothing."""
    return number


def main(url: str, chains: int, steps: int, at_once: int) -> None:
    """Measures."""
    app.conf.update(broker_url=url, result_backend=url)
    environment = {**os.environ, "BENCH_REDIS_URL": url}
    folder = Path(__file__).resolve().parent
    command = [sys.executable, "-m", "celery", "-A", "_peer_celery", "worker", "-l", "error"]
    worker = subprocess.Popen(
        [*command, "-c", str(os.cpu_count()), "--without-gossip", "--without-mingle"],
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        nothing.delay(0).get(timeout=60)
        numbers, lock = iter(range(chains)), threading.Lock()

        def runner() -> None:
            while True:
                with lock:
                    if next(numbers, None) is None:
                        return
                signatures = [nothing.si(number) for number in range(steps)]
                chain(*signatures).apply_async().get(timeout=300)

        begin = time.perf_counter()
        threads = [threading.Thread(target=runner) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - begin
        print(json.dumps({"steps_per_second": chains * steps / seconds}), flush=True)
    finally:
        worker.terminate()
        worker.wait()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
