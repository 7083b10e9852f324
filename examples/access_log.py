"""Reads web servers' access logs (Apache and nginx, combined format) as a stream of records."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Optional

# 192.0.2.7 - ann [22/Nov/2026:10:00:01 +0000] "GET /a?b=c HTTP/1.1" 200 512 "https://example.org/" "Mozilla/5.0"
_LINE = re.compile(
    r'(?P<host>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r'(?P<status>\d{3}) (?P<size>\d+|-)(?: "(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)


@dataclass
class LogRecord:
    """One request, as the server wrote it down."""

    line: int
    time: datetime
    host: str
    user: Optional[str]
    method: str
    path: str
    status: int
    size: int
    referrer: Optional[str]
    agent: Optional[str]


def _value(text: Optional[str]) -> Optional[str]:
    return None if text in (None, "", "-") else text


def _parse(number: int, line: str) -> Optional[LogRecord]:
    match = _LINE.match(line)
    if match is None:
        return None
    # A request that is not HTTP (a port scan, TLS on port 80) has no method and path: it is kept whole as the path.
    parts = match["request"].split(" ")
    method, path = (parts[0], parts[1]) if len(parts) == 3 else ("", match["request"])
    return LogRecord(
        line=number,
        time=datetime.strptime(match["time"], "%d/%b/%Y:%H:%M:%S %z"),
        host=match["host"],
        user=_value(match["user"]),
        method=method,
        path=path,
        status=int(match["status"]),
        size=0 if match["size"] == "-" else int(match["size"]),
        referrer=_value(match["referrer"]),
        agent=_value(match["agent"]),
    )


def _records(log: Path) -> Iterator[LogRecord]:
    with log.open(encoding="utf-8", errors="replace") as stream:
        for number, line in enumerate(stream, start=1):
            record = _parse(number, line)
            if record is None:
                print(f"line {number} is not in the combined log format: {line[:80].rstrip()}")
            else:
                yield record


def records(log: Path, status_from: int = 100, status_to: int = 599) -> Iterator[LogRecord]:
    """Streams the requests of an access log, one record each, as they are read.

    Args:
        log: An access log in the combined (or common) format.
        status_from: Lowest HTTP status to report.
        status_to: Highest HTTP status to report.

    Yields:
        The requests in the order of the log. Lines of another format are named on standard output.
    """
    for record in _records(log):
        if status_from <= record.status <= status_to:
            yield record


def busiest(log: Path, count: int = 5) -> list[tuple[str, int]]:
    """Lists the paths that were asked for most, without their query strings.

    Args:
        log: An access log in the combined (or common) format.
        count: How many paths to list.

    Returns:
        Pairs of path and number of requests, the most frequent first.
    """
    paths = Counter(record.path.partition("?")[0] for record in _records(log))
    return sorted(paths.items(), key=lambda item: (-item[1], item[0]))[:count]


def _main() -> None:
    import sys

    for record in records(Path(sys.argv[1]), status_from=400):
        print(record.time.isoformat(), record.status, record.method, record.path)


if __name__ == "__main__":
    _main()
