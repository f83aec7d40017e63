"""DBOS beside the orchestrator's benchmark, in the peers' own environment.

python _peer_dbos.py DATABASE_URL WORKFLOWS STEPS AT_ONCE [ADDRESS]: prints {"steps_per_second"}. So many
workflows are under way at once; their steps do nothing. With an address they make the calls to the idle
server there that a step of ours makes, by the same generated code.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from dbos import DBOS, DBOSConfig  # type: ignore[import-not-found, unused-ignore]


async def main(url: str, workflows: int, steps: int, at_once: int, address: str) -> None:
    """Measures."""
    async with AsyncExitStack() as stack:
        call = await stack.enter_async_context(_calls(address)) if address else None
        await measure(url, workflows, steps, at_once, call)


async def measure(url: str, workflows: int, steps: int, at_once: int, call: Any) -> None:
    """Prints what was measured. `call`: what a step awaits, with its number; None: nothing."""
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": url,
        "log_level": "ERROR",
        "run_admin_server": False,
    }
    DBOS(config=config)

    @DBOS.step()  # type: ignore[misc, untyped-decorator, unused-ignore]
    async def step(number: int) -> int:
        if call is not None:
            await call(number)
        return number

    @DBOS.workflow()  # type: ignore[misc, untyped-decorator, unused-ignore]
    async def chain(count: int) -> int:
        for number in range(count):
            await step(number)
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


@asynccontextmanager
async def _calls(address: str) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """The calls of one step: Resolve and the work itself."""
    import grpc

    from reelmesh.tts.v1 import tts_pb2, tts_pb2_grpc

    numbers = itertools.count()
    mark = time.time_ns()
    async with grpc.aio.insecure_channel(address) as channel:
        stub = tts_pb2_grpc.TTSServiceStub(channel)

        async def call(_: int) -> None:
            request = tts_pb2.SynthesizeRequest(text=f"0 {mark} {next(numbers)}")
            await stub.ResolveSynthesize(tts_pb2.ResolveSynthesizeRequest(request=request))
            request.request_id = f"{mark}/{next(numbers)}"
            async for _response in stub.Synthesize(request):
                pass

        yield call


if __name__ == "__main__":
    workflows, steps, at_once = map(int, sys.argv[2:5])
    asyncio.run(main(sys.argv[1], workflows, steps, at_once, *(sys.argv[5:] or [""])))
