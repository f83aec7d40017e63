"""Leases, commands, the order of waiting jobs, retention.

Several replicas share a database from here on; the code of 0001 knows no leases and must not write to it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WAITING = sa.text("lease_holder IS NULL AND state IN (1, 2, 4)")
LEASED = sa.text("lease_holder IS NOT NULL")
UNENDED = sa.text("state NOT IN (5, 6, 7)")
ENDED = sa.text("state IN (5, 6, 7)")
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("jobs", sa.Column("lease_holder", sa.BigInteger(), nullable=True))
    op.add_column("jobs", sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("lease_until", sa.BigInteger(), nullable=True))
    op.add_column("jobs", sa.Column("turn", sa.BigInteger(), server_default="0", nullable=False))
    for name, columns, where in (
        ("ix_jobs_waiting", ["priority DESC", "turn", "id"], WAITING),
        ("ix_jobs_leased", ["lease_holder"], LEASED),
        ("ix_jobs_unended", ["owner", "turn"], UNENDED),
        ("ix_jobs_ended", ["end_time"], ENDED),
    ):
        op.create_index(
            name, "jobs", [sa.text(column) for column in columns], postgresql_where=where, sqlite_where=where
        )
    op.create_table(
        "commands",
        sa.Column("id", COUNTER, nullable=False),
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_commands_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commands")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_commands_job_id"), "commands", ["job_id"], unique=False)
    op.create_table(
        "sweeps",
        sa.Column("id", COUNTER, nullable=False),
        sa.Column("start_time", sa.BigInteger(), nullable=False),
        sa.Column("end_time", sa.BigInteger(), nullable=True),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("remembered", sa.Integer(), nullable=False),
        sa.Column("assets", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweeps")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "orphans",
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("owner", "digest", name=op.f("pk_orphans")),
    )
    made = op.create_table(
        "compatibility",
        sa.Column("oldest", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("oldest", name=op.f("pk_compatibility")),
    )
    op.bulk_insert(made, [{"oldest": revision}])
