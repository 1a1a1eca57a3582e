"""Add the tables of community figures and find events by when they arrived."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand."""
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_received_at"), ["received_at"], unique=False)
    op.create_table(
        "f_thread",
        sa.Column("thread_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("author_key", sa.String(length=64), nullable=False),
        sa.Column("author_class", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("lang", sa.String(length=8), nullable=True),
        sa.Column("first_response_at", sa.BigInteger(), nullable=True),
        sa.Column("first_peer_response_at", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("is_readable", sa.Boolean(), nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("is_undecided", sa.Boolean(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("thread_id", name=op.f("pk_f_thread")),
    )
    with op.batch_alter_table("f_thread", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_f_thread_last_at"), ["last_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_f_thread_published_at"), ["published_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_f_thread_waits_published_at"), ["waits", "published_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_f_thread_is_undecided"), ["is_undecided"], unique=False)
    op.create_table(
        "f_post",
        sa.Column("post_key", sa.String(length=64), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_key", sa.String(length=64), nullable=False),
        sa.Column("actor_class", sa.String(length=10), nullable=False),
        sa.Column("is_opening", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("post_key", name=op.f("pk_f_post")),
    )
    with op.batch_alter_table("f_post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_f_post_thread_id"), ["thread_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_f_post_counts_published_at"), ["counts", "published_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_f_post_actor_key_published_at"), ["actor_key", "published_at"], unique=False
        )
    op.create_table(
        "f_signup",
        sa.Column("actor_key", sa.String(length=64), nullable=False),
        sa.Column("actor_class", sa.String(length=10), nullable=False),
        sa.Column("signed_up_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("actor_key", name=op.f("pk_f_signup")),
    )
    with op.batch_alter_table("f_signup", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_f_signup_signed_up_at"), ["signed_up_at"], unique=False)
    op.create_table(
        "r_actor_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("actor_key", sa.String(length=64), nullable=False),
        sa.Column("actor_class", sa.String(length=10), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "actor_key", "actor_class", "type", name=op.f("pk_r_actor_day")),
    )
    with op.batch_alter_table("r_actor_day", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_r_actor_day_actor_key_day"), ["actor_key", "day"], unique=False)
    op.create_table(
        "r_metric_day",
        sa.Column("metric_id", sa.String(length=60), nullable=False),
        sa.Column("grain", sa.String(length=4), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=True),
        sa.Column("denominator", sa.BigInteger(), nullable=True),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("metric_id", "grain", "day", name=op.f("pk_r_metric_day")),
    )
    with op.batch_alter_table("r_metric_day", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_r_metric_day_grain_day"), ["grain", "day"], unique=False)
    op.create_table(
        "metric_value",
        sa.Column("metric_id", sa.String(length=60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=True),
        sa.Column("denominator", sa.BigInteger(), nullable=True),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("metric_id", "day", name=op.f("pk_metric_value")),
    )
    with op.batch_alter_table("metric_value", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_metric_value_day"), ["day"], unique=False)
    op.create_table(
        "metric_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("high_water", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recent", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("tzdata", sa.String(length=20), nullable=False),
        sa.Column("definitions", sa.String(length=20), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_state")),
    )


def downgrade() -> None:
    """Contract."""
    for name in ("metric_state", "metric_value", "r_metric_day", "r_actor_day", "f_signup", "f_post", "f_thread"):
        op.drop_table(name)
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_received_at"))
