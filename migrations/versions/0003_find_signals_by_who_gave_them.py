"""Find signals by who gave them: a reporter's history and the limit of a day are asked with every report."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand."""
    with op.batch_alter_table("mod_signal", schema=None) as batch_op:
        batch_op.create_index("ix_mod_signal_actor", ["actor_id", "created_at"], unique=False)


def downgrade() -> None:
    """Contract."""
    with op.batch_alter_table("mod_signal", schema=None) as batch_op:
        batch_op.drop_index("ix_mod_signal_actor")
