"""Limits that are set while the mesh runs; keys of jobs; hidden jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("key_name", sa.String(length=128), server_default="", nullable=False))
    op.add_column("jobs", sa.Column("delete_time", sa.BigInteger(), nullable=True))
    op.create_table(
        "limits",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("at_once", sa.Integer(), nullable=True),
        sa.Column("per_second", sa.Double(), nullable=True),
        sa.Column("burst", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_limits")),
    )
