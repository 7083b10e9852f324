"""Two documents beside each other, by their text."""

import difflib
import hashlib
import pathlib
from dataclasses import dataclass

from . import text

_MOST_LINES = 20_000
_MOST_DIFFERENCE = 200_000


@dataclass
class Comparison:
    same_bytes: bool
    same_text: bool
    #: From 0 to 1: lines that both have.
    similarity: float
    #: As `diff -u` says it; the end is cut off where it is long.
    difference: str


def compare(old, new):
    """Raises UnsupportedConversion where one has no text."""
    digests = [hashlib.sha256(pathlib.Path(file).read_bytes()).digest() for file in (old, new)]
    before, after = ([line.rstrip() for line in text.extract(file, False, "eng").splitlines()][:_MOST_LINES] for file in (old, new))
    ratio = difflib.SequenceMatcher(None, before, after, autojunk=False).ratio() if len(before) * len(after) < 4_000_000 else 0.0
    changed = "\n".join(difflib.unified_diff(before, after, "old", "new", lineterm=""))
    return Comparison(digests[0] == digests[1], before == after, round(1.0 if before == after else ratio, 4), changed[:_MOST_DIFFERENCE])
