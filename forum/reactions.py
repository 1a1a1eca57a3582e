"""THE table: what follows from what happened, on one screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forum.accounts.events import MemberRenamed, RoleChanged, SettingsChanged, SignedUp
from forum.discussion.events import (
    AnswerAccepted,
    AnswerUnaccepted,
    CategoryChanged,
    PageView,
    PostApproved,
    PostEdited,
    PostRemoved,
    PostRestored,
    ReplyCreated,
    ThreadClosed,
    ThreadCreated,
    ThreadEdited,
    ThreadPinned,
    ThreadRemoved,
    ThreadReopened,
    ThreadRestored,
)
from forum.discussion.reactions import carry_name
from forum.kit.outbox import Event, Reaction
from forum.moderation.events import CaseDecided, DecisionReverted, FlagsDecided, PostFlagged, PostHeld, PostHidden
from forum.moderation.reactions import leave_queue, record_judged_flags
from forum.notifications.reactions import (
    tell_of_acceptance,
    tell_of_decision,
    tell_of_hiding,
    tell_of_hold,
    tell_of_publication,
    tell_of_reply,
    tell_of_reversal,
)
from forum.search.reactions import refresh_authors, refresh_categories, refresh_posts, refresh_threads
from forum.voting.events import VoteCast

INDEX_POST = Reaction("search.refresh_posts", batch=refresh_posts, history=True)
INDEX_THREAD = Reaction("search.refresh_threads", batch=refresh_threads, history=True)
INDEX_CATEGORY = Reaction("search.refresh_categories", batch=refresh_categories, history=True)
INDEX_AUTHOR = Reaction("search.refresh_authors", batch=refresh_authors, history=True)
TELL_REPLY = Reaction("notifications.tell_of_reply", tell_of_reply)
TELL_HOLD = Reaction("notifications.tell_of_hold", tell_of_hold)
TELL_HIDING = Reaction("notifications.tell_of_hiding", tell_of_hiding)
TELL_DECISION = Reaction("notifications.tell_of_decision", tell_of_decision)
TELL_PUBLICATION = Reaction("notifications.tell_of_publication", tell_of_publication)
TELL_REVERSAL = Reaction("notifications.tell_of_reversal", tell_of_reversal)
TELL_ACCEPTANCE = Reaction("notifications.tell_of_acceptance", tell_of_acceptance)

JUDGE_FLAGS = Reaction("moderation.record_judged_flags", record_judged_flags)
LEAVE_QUEUE = Reaction("moderation.leave_queue", leave_queue)
CARRY_NAME = Reaction("discussion.carry_name", carry_name)

REACTIONS: Mapping[type[Event], Sequence[Reaction]] = {
    SignedUp: [],
    RoleChanged: [],
    MemberRenamed: [CARRY_NAME, INDEX_AUTHOR],
    SettingsChanged: [],
    CategoryChanged: [INDEX_CATEGORY],
    ThreadCreated: [INDEX_POST],
    ThreadEdited: [INDEX_THREAD],
    ThreadRemoved: [INDEX_THREAD, LEAVE_QUEUE],
    ThreadRestored: [INDEX_THREAD],
    ThreadClosed: [INDEX_THREAD],
    ThreadReopened: [INDEX_THREAD],
    ThreadPinned: [],
    PageView: [],
    ReplyCreated: [INDEX_POST, TELL_REPLY],
    PostEdited: [INDEX_POST],
    PostApproved: [INDEX_THREAD],
    PostRemoved: [INDEX_POST, LEAVE_QUEUE],
    PostRestored: [INDEX_POST],
    AnswerAccepted: [INDEX_THREAD, TELL_ACCEPTANCE],
    AnswerUnaccepted: [INDEX_THREAD],
    VoteCast: [],
    PostHeld: [TELL_HOLD],
    PostFlagged: [],
    PostHidden: [TELL_HIDING],
    # Held back until the decision can no longer be taken back unseen: everything here tells somebody.
    CaseDecided: [TELL_DECISION, TELL_PUBLICATION, JUDGE_FLAGS],
    DecisionReverted: [TELL_REVERSAL],
    FlagsDecided: [],
}
