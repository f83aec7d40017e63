"""DBOS beside the orchestrator's benchmark, in the peers' own environment.

python _peer_dbos.py DATABASE_URL WORKFLOWS STEPS AT_ONCE: prints {"steps_per_second"}. So many workflows are
under way at once; their steps do nothing.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from dbos import DBOS, DBOSConfig  # type: ignore[import-not-found, unused-ignore]


async def main(url: str, workflows: int, steps: int, at_once: int) -> None:
    """Measures."""
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": url,
        "log_level": "ERROR",
        "run_admin_server": False,
    }
    DBOS(config=config)

    @DBOS.step()  # type: ignore[misc, unused-ignore]
    async def nothing(number: int) -> int:
        return number

    @DBOS.workflow()  # type: ignore[misc, unused-ignore]
    async def chain(count: int) -> int:
        for number in range(count):
            await nothing(number)
        return count

    DBOS.launch()
    await chain(2)
    numbers = iter(range(workflows))

    async def runner() -> None:
        for _ in numbers:
            await chain(steps)

    begin = time.perf_counter()
    await asyncio.gather(*(runner() for _ in range(at_once)))
    seconds = time.perf_counter() - begin
    print(json.dumps({"steps_per_second": workflows * steps / seconds}), flush=True)
    DBOS.destroy()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:5])))
