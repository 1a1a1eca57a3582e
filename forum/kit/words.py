"""Sentences for people, kept untranslated until a door knows the reader's language."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """An English sentence that is also its key in the catalogues, with values for its {names}."""

    msgid: str
    params: dict[str, object] = field(default_factory=dict)
    plural: str | None = None

    def __str__(self) -> str:
        """The English sentence; for logs and the command line."""
        chosen = self.msgid if self.plural is None or self.params.get("n") == 1 else self.plural
        return chosen.format(**self.params)


def text(msgid: str, /, **params: object) -> Text:
    """A sentence to be said later, in the reader's language."""
    return Text(msgid, params)


def ntext(msgid: str, plural: str, /, **params: object) -> Text:
    """A sentence whose form follows the number `n` among its values."""
    return Text(msgid, params, plural)
