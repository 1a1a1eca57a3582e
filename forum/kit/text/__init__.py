"""The text pipeline: people's Markdown in, safe HTML, plain text and comparable forms out.

Every stored HTML carries the `PIPELINE_VERSION` that made it; a greater version means "render it again".
"""

from forum.kit.text.josa import josa
from forum.kit.text.names import skeleton
from forum.kit.text.plain import excerpt, fingerprint, guess_lang, normalise, single_line, slugify, text_of_html
from forum.kit.text.rendering import PIPELINE_VERSION, links, render, to_plain

__all__ = [
    "PIPELINE_VERSION",
    "excerpt",
    "fingerprint",
    "guess_lang",
    "josa",
    "links",
    "normalise",
    "render",
    "single_line",
    "skeleton",
    "slugify",
    "text_of_html",
    "to_plain",
]
