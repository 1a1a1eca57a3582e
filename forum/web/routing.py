"""What addresses of pages are made of."""

from __future__ import annotations

from typing import Final

# Larger numbers than the databases hold are no ids: such an address does not exist.
ID: Final = "int(max=9223372036854775807)"
LONGEST_ID: Final = 18


def number(given: str) -> int:
    """An id from a query or form; 0, which is nobody's, for everything else."""
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= LONGEST_ID else 0
