"""THE table: what follows from what happened, on one screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forum.accounts.events import MemberRenamed, RoleChanged, SettingsChanged, SignedUp
from forum.discussion.events import (
    AnswerAccepted,
    AnswerUnaccepted,
    CategoryChanged,
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
from forum.moderation.events import CaseDecided, PostHeld
from forum.notifications.reactions import tell_of_acceptance, tell_of_decision, tell_of_hold, tell_of_reply
from forum.search.reactions import refresh_posts, refresh_threads
from forum.voting.events import VoteCast

INDEX_POST = Reaction("search.refresh_posts", batch=refresh_posts, history=True)
INDEX_THREAD = Reaction("search.refresh_threads", batch=refresh_threads, history=True)
TELL_REPLY = Reaction("notifications.tell_of_reply", tell_of_reply)
TELL_HOLD = Reaction("notifications.tell_of_hold", tell_of_hold)
TELL_DECISION = Reaction("notifications.tell_of_decision", tell_of_decision)
TELL_ACCEPTANCE = Reaction("notifications.tell_of_acceptance", tell_of_acceptance)

CARRY_NAME = Reaction("discussion.carry_name", carry_name)

REACTIONS: Mapping[type[Event], Sequence[Reaction]] = {
    SignedUp: [],
    RoleChanged: [],
    MemberRenamed: [CARRY_NAME],
    SettingsChanged: [],
    CategoryChanged: [],
    ThreadCreated: [INDEX_POST],
    ThreadEdited: [INDEX_THREAD],
    ThreadRemoved: [INDEX_THREAD],
    ThreadRestored: [INDEX_THREAD],
    ThreadClosed: [],
    ThreadReopened: [],
    ThreadPinned: [],
    ReplyCreated: [INDEX_POST, TELL_REPLY],
    PostEdited: [INDEX_POST],
    PostApproved: [INDEX_THREAD, TELL_REPLY],
    PostRemoved: [INDEX_POST],
    PostRestored: [INDEX_POST],
    AnswerAccepted: [INDEX_POST, TELL_ACCEPTANCE],
    AnswerUnaccepted: [INDEX_POST],
    VoteCast: [],
    PostHeld: [TELL_HOLD],
    CaseDecided: [TELL_DECISION],
}
