"""Work on texts."""

from collections import Counter
from pathlib import Path
import re
import unicodedata


def count_words(text: str) -> int:
    """Count the words of a text."""
    return len(text.split())


def frequent_words(text: str, n: int = 3) -> list[tuple[str, int]]:
    """The most frequent words of a text, with how often they occur."""
    return Counter(text.lower().split()).most_common(n)


def slug(title: str) -> str:
    """Make an address-friendly slug of a title."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def emails(text: str) -> list[str]:
    """Find the email addresses in a text."""
    return re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", text)


def csv_report(rows: list[dict[str, str]]) -> Path:
    """Write records as a CSV file."""
    names = list(rows[0])
    path = Path("report.csv")
    path.write_text("\n".join([",".join(names), *(",".join(row[name] for name in names) for row in rows)]) + "\n")
    return path
