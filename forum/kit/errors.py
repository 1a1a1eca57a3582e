"""Refusals: a service's answer when it will not do what was asked, with an HTTP status and words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from forum.kit.words import Text, text


class Refused(Exception):
    """An answer, not an accident: the request was understood and is not carried out."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"

    def __init__(
        self,
        message: Text,
        *,
        fields: Mapping[str, Text] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep the sentence, the fields it is about and machine-readable extras for the JSON answer."""
        super().__init__(str(message))
        self.message = message
        self.fields = dict(fields or {})
        self.extra = dict(extra or {})


class NotSignedIn(Refused):
    """The door has to ask who this is first."""

    status = 401
    code = "not_signed_in"


class NotAllowed(Refused):
    """Known person, visible thing, but not theirs to do."""

    status = 403
    code = "not_allowed"


class NotFound(Refused):
    """Missing, or invisible to this viewer: from outside these look the same."""

    status = 404
    code = "not_found"

    def __init__(self, message: Text | None = None) -> None:
        """Say the same sentence for everything that cannot be found."""
        super().__init__(message or text("There is nothing at this address."))


class Conflict(Refused):
    """Somebody else was faster; `extra` holds both sides."""

    status = 409
    code = "conflict"


class Invalid(Refused):
    """A field is wrong; `fields` says which and how to mend it."""

    status = 422
    code = "invalid"


class Claimed(Refused):
    """Somebody else is at it; `extra` says who, and for how long unless they go on."""

    status = 423
    code = "claimed"


class TooSoon(Refused):
    """A limit is reached; `retry_after` is in seconds."""

    status = 429
    code = "too_soon"

    def __init__(self, message: Text, *, retry_after: int) -> None:
        """Keep the seconds after which the same request would be accepted."""
        super().__init__(message, extra={"retry_after": retry_after})
        self.retry_after = retry_after


class Unavailable(Refused):
    """Something this needs is not there just now."""

    status = 503
    code = "unavailable"
