"""What people send about discussions: one strict model for both doors; lengths that settings decide are intake's."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from forum.accounts.inputs import Input
from forum.kit.text import normalise, single_line

BODY_MAX = 32000
TAG_MAX = 40
TAG = re.compile(r"[^\W_][\w.+#-]*$")


def _tags(values: list[str]) -> list[str]:
    """Tags in lower case with hyphens for spaces, each once, in the order given."""
    cleaned = [re.sub(r"\s+", "-", single_line(unicodedata.normalize("NFC", v)).casefold().lstrip("#")) for v in values]
    names = list(dict.fromkeys(name for name in cleaned if name))
    for name in names:
        if len(name) > TAG_MAX or not TAG.match(name):
            raise ValueError("tag")
    return names


Title = Annotated[str, Field(max_length=1000), AfterValidator(single_line)]
Body = Annotated[str, Field(max_length=BODY_MAX), AfterValidator(normalise)]
Tags = Annotated[list[str], Field(max_length=20), AfterValidator(_tags)]
Slug = Annotated[str, Field(min_length=1, max_length=60)]
# Greater numbers than the databases have are no ids.
Id = Annotated[int, Field(ge=1, lt=2**63)]


class ThreadInput(Input):
    """A new question, discussion or idea."""

    category: Slug
    title: Title
    body: Body
    tags: Tags = Field(default_factory=list)
    kind: Literal["question", "discussion", "idea"] = "question"


class ReplyInput(Input):
    """A reply to a thread, or a comment under one of its posts when `parent_id` names it."""

    thread_id: Id
    body: Body
    parent_id: Id | None = None


class EditInput(Input):
    """A new text for a post; `version` is the one the editor started from, title and tags are for opening posts."""

    post_id: Id
    version: Id
    body: Body
    title: Title | None = None
    tags: Tags | None = None
    comment: Annotated[str, Field(max_length=400), AfterValidator(single_line)] = ""


class AcceptInput(Input):
    """The reply that solved a question."""

    post_id: Id


class CategoryInput(Input):
    """A category as managers describe it."""

    name: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(single_line)]
    description: Annotated[str, Field(max_length=300), AfterValidator(single_line)] = ""
    hue: Annotated[int, Field(ge=0, le=359)] = 264
    position: Annotated[int, Field(ge=0, le=10000)] = 0
    read_role: Literal["everyone", "members", "staff"] = "everyone"
    post_role: Literal["members", "moderators", "managers"] = "members"
    archived: bool = False
