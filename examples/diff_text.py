"""Compares two versions of a text: similarity, the changes as a unified diff, or a page that shows them."""

import difflib
from pathlib import Path
from typing import TypedDict


class Comparison(TypedDict):
    """What lies between two texts."""

    identical: bool
    similarity: float
    added: int
    removed: int
    diff: str


def _lines(document: Path) -> list[str]:
    return document.read_text(encoding="utf-8").splitlines(keepends=True)


def compare(before: Path, after: Path, context_lines: int = 3, ignore_space: bool = False) -> Comparison:
    """Compares two text files line by line.

    Args:
        before: The earlier version, in UTF-8.
        after: The later version, in UTF-8.
        context_lines: Unchanged lines to show around each change.
        ignore_space: Take lines that differ only in white space as the same.

    Returns:
        Whether they are the same, their similarity from 0 to 1, the number of lines added and removed, and the
        changes as a unified diff.
    """
    old, new = _lines(before), _lines(after)
    if ignore_space:
        old, new = ([" ".join(line.split()) + "\n" for line in lines] for lines in (old, new))
    diff = list(difflib.unified_diff(old, new, before.name, after.name, n=context_lines))
    # The first two lines name the files.
    changes = [line[0] for line in diff[2:]]
    return Comparison(
        identical=old == new,
        similarity=round(difflib.SequenceMatcher(a=old, b=new, autojunk=False).ratio(), 4),
        added=changes.count("+"),
        removed=changes.count("-"),
        diff="".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in diff),
    )


def page(before: Path, after: Path) -> Path:
    """Makes an HTML page that shows two versions side by side.

    Args:
        before: The earlier version, in UTF-8.
        after: The later version, in UTF-8.

    Returns:
        The page, `diff.html`.
    """
    html = difflib.HtmlDiff(tabsize=4, wrapcolumn=80).make_file(
        _lines(before), _lines(after), before.name, after.name, context=True
    )
    target = Path("diff.html")
    target.write_text(html, encoding="utf-8")
    return target


def _main() -> None:
    import sys

    print(compare(Path(sys.argv[1]), Path(sys.argv[2]))["diff"], end="")


if __name__ == "__main__":
    _main()
