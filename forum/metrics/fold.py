"""Folds facts into state: what is published, removed, accepted, flagged and answered, as far as the facts tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from forum.metrics.facts import Fact
from forum.metrics.state import BY_AUTHOR, Accept, Appeal, Decision, Deed, Flag, Post, Signup, State, Thread, Vote

POSTS = frozenset({"thread_created", "reply_created"})
# What befalls people and posts, and posts themselves, which count only while they can be read. Everything else that
# somebody does is a deed.
NO_DEEDS = POSTS | {
    "post_held", "post_hidden", "thread_hidden", "role_changed", "account_anonymised", "account_closed",
    "account_removed", "account_merged", "bot_reclassified", "calendar_marked", "settings_changed",
}  # fmt: skip


def is_data(fact: Fact) -> bool:
    """Whether a fact is part of the community's life, not of its administration."""
    return fact.type in POSTS or fact.type not in NO_DEEDS


def fold(facts: Sequence[Fact]) -> State:
    """The state after these facts, which come in canonical order."""
    folder, classes = _Folder(renamed(facts)), reclassified(facts)
    for fact in facts:
        folder.take(replace(fact, cls=classes[fact.actor]) if fact.actor in classes else fact)
    folder.settle()
    return folder.state


def renamed(facts: Iterable[Fact]) -> Mapping[str, str]:
    """The tombstone of every person who was erased, by the key they had: one person stays one person."""
    direct = {
        fact.actor: fact.text("new_actor")
        for fact in facts
        if fact.type == "account_anonymised" and fact.text("new_actor")
    }
    final = {}
    for key in direct:
        last, seen = key, {key}
        while direct.get(last, last) not in seen:
            last = direct[last]
            seen.add(last)
        final[key] = last
    return final


def reclassified(facts: Iterable[Fact]) -> Mapping[str, str]:
    """What actors turned out to be, from the first on: a robot that was taken for a person never was one.

    A promotion is no such thing: it leaves the past as it was.
    """
    return {fact.actor: fact.text("new_class") or "bot" for fact in facts if fact.type == "bot_reclassified"}


class _Folder:
    def __init__(self, names: Mapping[str, str]) -> None:
        self.state = State()
        self._names = names
        self._posts: dict[str, Post] = {}
        self._waiting: list[Fact] = []
        self._takers: Mapping[str, Callable[[Fact], None]] = {
            "thread_created": self._thread_created,
            "reply_created": self._reply_created,
            "post_approved": self._approved,
            "post_removed": self._removed,
            "thread_removed": self._removed,
            "post_hidden": self._hidden,
            "thread_hidden": self._hidden,
            "post_unhidden": self._restored,
            "thread_unhidden": self._restored,
            "post_restored": self._restored,
            "thread_restored": self._restored,
            "case_decided": self._case_decided,
            "decision_reverted": self._decision_reverted,
            "thread_closed": self._closed,
            "thread_reopened": self._reopened,
            "thread_merged": self._merged,
            "thread_edited": self._edited,
            "vote": self._voted,
            "answer_accepted": self._accepted,
            "answer_unaccepted": self._unaccepted,
            "flag": self._flagged,
            "flag_decision": self._decided,
            "appeal_opened": self._appealed,
            "appeal_decided": self._appeal_decided,
            "signup": self._signed_up,
            "account_closed": self._account_closed,
            "account_removed": self._account_closed,
            "account_anonymised": self._account_closed,
        }

    def take(self, fact: Fact) -> None:
        """Let one fact have its effect."""
        if fact.actor in self._names:
            fact = replace(fact, actor=self._names[fact.actor])
        if fact.target is not None and fact.target in self._names:
            fact = replace(fact, target=self._names[fact.target])
        if fact.type not in NO_DEEDS:
            self.state.deeds.append(_deed(fact))
        taker = self._takers.get(fact.type)
        if taker is not None:
            taker(fact)

    def settle(self) -> None:
        """Take what was told before the post it is about: clocks of two machines need not agree.

        A post that nobody tells of is still reported, judged and voted on, though it counts nowhere else.
        """
        waiting, self._waiting = self._waiting, []
        for fact in waiting:
            if fact.post is not None and fact.post not in self._posts:
                ghost = self._new(replace(fact, actor="", cls="", props={"pending": True}), fact.post, is_opening=False)
                ghost.was_held = False
                self._thread(ghost.thread).replies.append(ghost)
            self._takers[fact.type](fact)
        for thread in self.state.threads.values():
            thread.replies.sort(key=lambda post: (post.submitted_at, post.key))

    def _thread(self, key: str) -> Thread:
        return self.state.threads.setdefault(key, Thread(key))

    def _post(self, fact: Fact) -> Post | None:
        """The post a fact is about; of a thread alone, its opening post. An unknown one is asked for once more."""
        found = self._posts.get(fact.post) if fact.post is not None else None
        if fact.post is None and fact.thread in self.state.threads:
            found = self.state.threads[fact.thread].opening
        if found is None:
            self._waiting.append(fact)
        return found

    def _thread_created(self, fact: Fact) -> None:
        if fact.thread is None:
            return
        thread = self._thread(fact.thread)
        if thread.opening is not None:
            return
        thread.kind = fact.text("kind") or "question"
        thread.category, thread.lang = fact.category, fact.lang
        thread.opening = self._new(fact, fact.post or f"thread:{fact.thread}", is_opening=True)

    def _reply_created(self, fact: Fact) -> None:
        key = fact.post or fact.id
        if key in self._posts:
            return
        post = self._new(fact, key, is_opening=False)
        self._thread(post.thread).replies.append(post)

    def _new(self, fact: Fact, key: str, *, is_opening: bool) -> Post:
        held = fact.props.get("pending") is True
        post = Post(
            key=key,
            # A reply whose thread nobody names stands in one of its own: it counts, and answers nobody.
            thread=fact.thread if fact.thread is not None else f"of:{key}",
            author=fact.actor,
            cls=fact.cls,
            submitted_at=fact.at,
            published_at=None if held else fact.at,
            is_opening=is_opening,
            category=fact.category,
            lang=fact.lang,
            target=fact.target,
            was_held=held,
        )
        self._posts[key] = post
        return post

    def _approved(self, fact: Fact) -> None:
        post = self._post(fact)
        if post is None:
            return
        if post.published_at is None:
            post.published_at = max(fact.at, post.submitted_at)
        self._put_back(post)

    def _restored(self, fact: Fact) -> None:
        post = self._post(fact)
        if post is not None:
            self._put_back(post)

    @staticmethod
    def _put_back(post: Post) -> None:
        post.removed_at, post.removed_reason, post.removed_by_author = None, "", False
        post.hidden_at, post.hidden_reason, post.rejected_at = None, "", None

    def _removed(self, fact: Fact) -> None:
        post = self._post(replace(fact, post=None) if fact.type == "thread_removed" and fact.thread else fact)
        if post is None:
            return
        reason = fact.text("reason")
        if reason in {"hidden", "flags", "auto_hidden"}:
            self._hidden(fact)
            return
        if reason == "undo" and post.was_held:
            post.published_at = None
            return
        by_author = reason in BY_AUTHOR or (fact.actor == post.author and reason != "erasure")
        post.removed_at, post.removed_reason, post.removed_by_author = fact.at, reason, by_author
        if post.published_at is None:
            post.rejected_at = fact.at

    def _hidden(self, fact: Fact) -> None:
        post = self._post(fact)
        if post is not None:
            post.hidden_at, post.hidden_reason = fact.at, fact.text("reason")

    def _case_decided(self, fact: Fact) -> None:
        """A text that nobody could read has no removal of its own when it is turned down."""
        post = self._post(fact)
        if post is None or fact.text("outcome") != "remove" or fact.props.get("edit") or post.removed_at is not None:
            return
        if post.published_at is None:
            post.rejected_at = fact.at
        post.removed_at, post.removed_reason = fact.at, fact.text("reason")

    def _decision_reverted(self, fact: Fact) -> None:
        """What could be read before comes back by itself; what was held or hidden goes back to that."""
        post = self._post(fact)
        if post is not None and fact.text("outcome") == "remove" and not fact.props.get("edit"):
            post.removed_at, post.removed_reason, post.rejected_at = None, "", None

    def _closed(self, fact: Fact) -> None:
        if fact.thread is not None:
            thread = self._thread(fact.thread)
            thread.closed_at, thread.closed_reason = fact.at, fact.text("reason")

    def _reopened(self, fact: Fact) -> None:
        if fact.thread is not None:
            thread = self._thread(fact.thread)
            thread.closed_at, thread.closed_reason, thread.merged_into = None, "", None

    def _merged(self, fact: Fact) -> None:
        """The posts go over with their own times; the thread that stays is as old as the older of the two."""
        into = fact.text("into") or fact.text("merged_into") or (fact.target or "")
        if fact.thread is None or not into or into == fact.thread:
            return
        gone, stays = self._thread(fact.thread), self._thread(into)
        gone.merged_into = into
        opening = gone.opening
        if opening is not None and stays.opening is not None and opening.published_at and stays.opening.published_at:
            stays.opening.published_at = min(stays.opening.published_at, opening.published_at)
        for post in gone.replies:
            post.thread = into
        stays.replies += gone.replies
        gone.replies = []

    def _edited(self, fact: Fact) -> None:
        if fact.thread in self.state.threads:
            thread = self.state.threads[fact.thread]
            thread.category, thread.lang = fact.category or thread.category, fact.lang or thread.lang
            thread.kind = fact.text("kind") or thread.kind

    def _voted(self, fact: Fact) -> None:
        post = self._post(fact)
        if post is None:
            return
        value = fact.props.get("value")
        if fact.actor != "anon":
            post.votes = [vote for vote in post.votes if vote.actor != fact.actor]
        if isinstance(value, int) and value in {1, -1}:
            post.votes.append(Vote(fact.at, fact.actor, fact.cls, value))

    def _accepted(self, fact: Fact) -> None:
        if fact.thread is None or fact.post is None:
            return
        thread = self._thread(fact.thread)
        standing = [accept for accept in thread.accepts if accept.withdrawn_at is None]
        if any(accept.post == fact.post for accept in standing):
            return
        for accept in standing:
            accept.withdrawn_at = fact.at
        thread.accepts.append(Accept(fact.at, fact.post))

    def _unaccepted(self, fact: Fact) -> None:
        if fact.thread is None:
            return
        for accept in self._thread(fact.thread).accepts:
            if accept.withdrawn_at is None and (fact.post is None or accept.post == fact.post):
                accept.withdrawn_at = fact.at

    def _flagged(self, fact: Fact) -> None:
        post = self._post(fact)
        if post is not None:
            post.flags.append(Flag(fact.at, fact.actor, fact.cls))

    def _decided(self, fact: Fact) -> None:
        post = self._post(fact)
        if post is not None:
            post.decisions.append(Decision(fact.at, fact.actor, fact.text("outcome")))

    def _appealed(self, fact: Fact) -> None:
        post = self._post(fact)
        if post is not None:
            post.appeals.append(Appeal(fact.at))

    def _appeal_decided(self, fact: Fact) -> None:
        post = self._post(fact)
        if post is None:
            return
        open_ones = [appeal for appeal in post.appeals if appeal.decided_at is None]
        if not open_ones:
            post.appeals.append(Appeal(fact.at))
            open_ones = post.appeals[-1:]
        open_ones[0].decided_at, open_ones[0].outcome = fact.at, fact.text("outcome")

    def _signed_up(self, fact: Fact) -> None:
        self.state.signups.setdefault(fact.actor, Signup(fact.at, fact.actor, fact.cls))

    def _account_closed(self, fact: Fact) -> None:
        signup = self.state.signups.get(self._names.get(fact.text("member"), fact.text("member")) or fact.actor)
        if signup is not None:
            signup.left_at = fact.at
            signup.closed_as_spam = signup.closed_as_spam or fact.text("reason") == "spam"


def _deed(fact: Fact) -> Deed:
    keys = {"impression": "impression", "click": "impression", "search_click": "search", "search": "query"}
    keys |= {"survey_response": "survey"} | dict.fromkeys(
        ("email_sent", "email_bounced", "email_opened", "email_clicked"), "message"
    )
    numbers = {"search": "results", "survey_response": "rating"}
    number = fact.props.get(numbers.get(fact.type, ""), -1)
    ref = fact.text("item") if fact.type in {"impression", "click"} else fact.id
    return Deed(
        at=fact.at,
        type=fact.type,
        actor=fact.actor,
        cls=fact.cls,
        key=fact.text(keys[fact.type]) if fact.type in keys else (fact.post or fact.thread or ""),
        ref=ref,
        number=number if isinstance(number, int) and not isinstance(number, bool) else -1,
        is_machine=fact.props.get("machine") is True,
    )
