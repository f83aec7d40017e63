"""The tables.

Times are microseconds since the Unix epoch. Messages are stored as serialised protobuf. States are the
numbers of the contract's enums. Whoever changes a table here adds a migration beside it and sets `HEAD`.

Migrations add, and give what they add a default: during a rolling upgrade the version before still writes.
One that can not be so sets `compatibility.oldest` to the first revision whose code can live with it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

HEAD = "0005"
"""The migration this code needs. Kept here so that a start with an up-to-date database loads no Alembic."""

NO_INDEX = -1
"""`steps.index` of a step that does not fan out."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

WAITING = text("lease_holder IS NULL AND state IN (1, 2, 4)")
"""Jobs that any replica may take: QUEUED, RUNNING or CANCELLING, and nobody's. A query has to repeat the
words of the index to be served by it."""
LEASED = text("lease_holder IS NOT NULL")
UNENDED = text("state NOT IN (5, 6, 7)")
"""Jobs that are not SUCCEEDED, FAILED or CANCELLED."""
ENDED = text("state IN (5, 6, 7)")

# SQLite counts up by itself only in a column of exactly this type.
_Counter = BigInteger().with_variant(Integer(), "sqlite")

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(200), nullable=False),
    # Null where the caller gave none: nulls are never equal, so such jobs do not collide.
    Column("request_id", String(128)),
    Column("spec_digest", LargeBinary, nullable=False),  # SHA-256 of the spec as submitted
    Column("spec", LargeBinary, nullable=False),  # JobSpec as it stands, after UpdateJob
    Column("state", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("create_time", BigInteger, nullable=False),
    Column("end_time", BigInteger),
    Column("execution_id", String(64), nullable=False),  # the latest
    Column("result", LargeBinary),  # JobResult of the latest execution that succeeded
    Column("sequence", BigInteger, nullable=False),  # of the latest event
    # The replica that runs its execution: only that one may write what happens to it.
    Column("lease_holder", BigInteger),
    # Grows whenever the lease changes hands. A write names the one it was given: an old one writes nothing.
    Column("lease_token", BigInteger, nullable=False, server_default="0"),
    Column("lease_until", BigInteger),  # by the database's clock; null where leases do not expire
    # Its place among those of its priority: small goes first. See `leases.next_turn`.
    Column("turn", BigInteger, nullable=False, server_default="0"),
    Column("key_name", String(128), nullable=False, server_default=""),  # that it was submitted with
    Column("delete_time", BigInteger),  # when DeleteJob hid it; null: it is not hidden
    UniqueConstraint("owner", "request_id"),
    Index(None, "owner", "id"),
    Index(None, "state"),
    Index(
        "ix_jobs_waiting", text("priority DESC"), "turn", "id", postgresql_where=WAITING, sqlite_where=WAITING
    ),
    Index("ix_jobs_leased", "lease_holder", postgresql_where=LEASED, sqlite_where=LEASED),
    Index("ix_jobs_unended", "owner", "turn", postgresql_where=UNENDED, sqlite_where=UNENDED),
    Index("ix_jobs_ended", "end_time", postgresql_where=ENDED, sqlite_where=ENDED),
)

labels = Table(
    "labels",
    metadata,
    Column("job_id", String(64), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(63), primary_key=True),
    Column("value", String(200), nullable=False),
    Index(None, "name", "value"),
)

executions = Table(
    "executions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("job_id", String(64), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", String(128)),  # of RunJob
    Column("from_step", String(63), nullable=False),  # from here on nothing is remembered; empty: everything
    Column("graph", LargeBinary, nullable=False),  # StepGraph that it runs
    Column("state", Integer, nullable=False),
    Column("create_time", BigInteger, nullable=False),
    Column("start_time", BigInteger),
    Column("end_time", BigInteger),
    Column("error", LargeBinary),  # google.rpc.Status
    Column("failed_step", String(100), nullable=False),
    Column("warnings", Text, nullable=False),  # JSON list of strings
    Column("cost", LargeBinary),  # google.type.Money
    UniqueConstraint("job_id", "number"),
    UniqueConstraint("job_id", "request_id"),
    Index(None, "state"),
)

steps = Table(
    "steps",
    metadata,
    Column("execution_id", String(64), ForeignKey("executions.id", ondelete="CASCADE"), primary_key=True),
    Column("step", String(63), primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("state", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),  # begun
    Column("failures", Integer, nullable=False),  # attempts that failed; one that our crash cut off did not
    Column("request_id", String(128), nullable=False),
    Column("result", LargeBinary),
    Column("error", LargeBinary),  # google.rpc.Status
    Column("engine", String(100), nullable=False),
    Column("scene_id", String(64), nullable=False),
    Column("start_time", BigInteger),
    Column("end_time", BigInteger),
)

events = Table(
    "events",
    metadata,
    Column("id", _Counter, primary_key=True),  # over all jobs, in the order of commits
    Column("job_id", String(64), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("sequence", BigInteger, nullable=False),  # within the job, from 1
    Column("of_step", Integer, nullable=False),  # 1: tells of a step
    Column("body", LargeBinary, nullable=False),  # Event
    UniqueConstraint("job_id", "sequence"),
    Index(None, "owner", "id"),
    sqlite_autoincrement=True,  # a number is never given twice, or a watcher's cursor would lie
)

remembered = Table(
    "remembered",
    metadata,
    Column("owner", String(200), primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True),
    Column("method", String(200), nullable=False),
    Column("engine", String(100), nullable=False),
    Column("result", LargeBinary, nullable=False),
    Column("create_time", BigInteger, nullable=False),
)

scene_edits = Table(
    "scene_edits",
    metadata,
    Column("job_id", String(64), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("scene_id", String(64), primary_key=True),
    Column("edit", LargeBinary, nullable=False),  # EditSceneRequest: all edits of the scene, merged
    Column("time", BigInteger, nullable=False),  # of the latest one
)

durations = Table(
    "durations",
    metadata,
    Column("method", String(200), primary_key=True),
    Column("engine", String(100), primary_key=True),
    Column("seconds", Double, nullable=False),  # what a call usually takes: an exponential average
)

commands = Table(
    "commands",
    metadata,
    Column("id", _Counter, primary_key=True),
    Column("job_id", String(64), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(32), nullable=False),  # see `orchestrator.drive.commands`
    Column("body", Text, nullable=False),  # JSON
    Column("time", BigInteger, nullable=False),
    Index(None, "job_id"),
    sqlite_autoincrement=True,
)
"""What was asked of executions and is not done yet. Done and removed in one transaction."""

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", _Counter, primary_key=True),
    Column("start_time", BigInteger, nullable=False),
    Column("end_time", BigInteger),  # null: under way, or cut off
    Column("jobs", Integer, nullable=False),
    Column("events", Integer, nullable=False),
    Column("remembered", Integer, nullable=False),
    Column("assets", Integer, nullable=False),
    Column("error", Text, nullable=False),  # empty: it went well
    sqlite_autoincrement=True,
)
"""The runs of retention, with how much each removed."""

orphans = Table(
    "orphans",
    metadata,
    Column("owner", String(200), primary_key=True),
    Column("digest", String(64), primary_key=True),
)
"""Assets that something removed has named: they go when nothing else does."""

limits = Table(
    "limits",
    metadata,
    Column("name", String(200), primary_key=True),  # see `orchestrator.drive.limits`
    Column("at_once", Integer),
    Column("per_second", Double),
    Column("burst", Integer, nullable=False),
    Column("weight", Double, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("time", BigInteger, nullable=False),  # when it was set
)
"""Limits that were set while running. What is not here, the settings say."""

trims = Table(
    "trims",
    metadata,
    Column("owner", String(200), primary_key=True),
    Column("event_id", BigInteger, nullable=False),
)
"""The latest event that retention took from each owner: a cursor before it may have missed something."""

flights = Table(
    "flights",
    metadata,
    Column("owner", String(200), primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True),
    Column("request_id", String(128), nullable=False),  # whoever makes the call makes it under this
    Column("holder", BigInteger, nullable=False),  # the replica that makes it
    Column("job_id", String(64), nullable=False),  # with `token` the lease under which it is made
    Column("token", BigInteger, nullable=False),
    Column("wanted", Boolean, nullable=False),  # whether another replica waits for it
)
"""Calls under way whose result others may want. One whose lease has ended is anybody's. No foreign key: its
check would wait for whoever writes the job. Not used on SQLite, where there is one process."""

shares = Table(
    "shares",
    metadata,
    Column("name", String(200), primary_key=True),  # of the limit
    Column("holder", BigInteger, primary_key=True),  # the replica
    Column("slots", Integer, nullable=False),  # how many calls it may have under way
    Column("short", Integer, nullable=False),  # how many more it wants
    Column("since", BigInteger, nullable=False),  # when it came to want them
    Column("until", BigInteger, nullable=False),  # by the database's clock; then they are anybody's
)
"""The replicas' parts of limits at once. Their sum never exceeds the limit. Not used on SQLite."""

rates = Table(
    "rates",
    metadata,
    Column("name", String(200), primary_key=True),  # of the limit
    Column("tokens", Double, nullable=False),
    Column("time", BigInteger, nullable=False),  # as of which; by the database's clock
)
"""The token buckets of limits per second that replicas share. Not used on SQLite."""

closings = Table(
    "closings",
    metadata,
    Column("name", String(200), primary_key=True),  # of the limit
    Column("until", BigInteger, nullable=False),  # by the database's clock
)
"""Limits that no call begins under for a while: a server said that it is full. Not used on SQLite."""

compatibility = Table(
    "compatibility",
    metadata,
    Column("oldest", String(32), primary_key=True),  # the oldest revision whose code can use this database
)
