"""What comes back."""

import json
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

from ._error import CrankError, Unreachable, error_of
from ._transport import Answered

Progress = Callable[[Optional[float], str], None]


class File(NamedTuple):
    """A file that an operation gave."""

    name: str
    content_type: str
    data: bytes


class _Answer(NamedTuple):
    value: Any
    #: Id of the call; its receipt has the same id.
    call: Optional[str]
    #: Digest of the version that answered.
    version: Optional[str]


class Answer(_Answer):
    """The answer to a call: `value` (the result as JSON, a File, or an iterator of a stream's items), `call`, `version`."""

    #: What was verified (`crank_platform.verify.VerifiedReceipt`), where it was asked for. No member of the tuple.
    receipt: Any = None

    def verified(self, receipt: Any) -> "Answer":
        """The same with what was verified."""
        self.receipt = receipt
        return self


class Stream:
    """The items of a stream, as they come; an iterator. Closing it, or leaving it to the collector, ends the call."""

    def __init__(
        self,
        answered: Answered,
        progress: Optional[Progress] = None,
        check: Optional[Callable[[bytes, Dict[str, Any]], None]] = None,
    ) -> None:
        #: How the call ended: `call`, `receipt`, `outcome`, `items`; None before.
        self.end: Optional[Dict[str, Any]] = None
        self.call: Optional[str] = answered.headers.get("Crank-Call")
        self._answered = answered
        self._progress = progress
        self._check = check
        self._items = self._read()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._items)

    def close(self) -> None:
        self._answered.close()

    def _read(self) -> Iterator[Any]:
        events = self._answered.content_type == "text/event-stream"
        seen: List[bytes] = []
        try:
            lines = self._answered.lines()
            for kind, text, before in _events(lines, seen) if events else _lines(lines, seen):
                if kind == "item":
                    yield json.loads(text)
                elif kind == "progress":
                    told = json.loads(text)
                    if self._progress is not None:
                        self._progress(told["fraction"], told["message"])
                else:
                    self.end = json.loads(text)
                    if self._check is not None:
                        self._check(b"".join(seen[:before]), self.end or {})
        except (OSError, ValueError) as error:
            raise broken_off() from error
        finally:
            self._answered.close()
        if self.end is None:
            raise broken_off()
        if self.end.get("outcome") != "ok":
            raise ended_with(self.end)


class _Piece(NamedTuple):
    kind: str
    text: bytes
    #: How many of the lines seen came before it.
    before: int


_FRAME = b'{"$crank":'


def _lines(lines: Iterator[bytes], seen: List[bytes]) -> Iterator[_Piece]:
    for line in lines:
        before = len(seen)
        seen.append(line)
        if not line.strip():
            continue
        # An item never begins so: the node puts a space before one that would.
        if line.startswith(_FRAME):
            yield _Piece("end", json.dumps(json.loads(line)["$crank"]).encode(), before)
        else:
            yield _Piece("item", line, before)


def _events(lines: Iterator[bytes], seen: List[bytes]) -> Iterator[_Piece]:
    """Server-sent events (WHATWG HTML, "Interpreting an event stream")."""
    name, data, before = b"message", [], 0  # type: bytes, List[bytes], int
    for line in lines:
        if name == b"message" and not data:
            before = len(seen)
        seen.append(line)
        text = line.rstrip(b"\r\n")
        if not text:
            if data:
                kind = {b"receipt": "end", b"progress": "progress"}.get(name, "item")
                yield _Piece(kind, b"\n".join(data), before)
            name, data = b"message", []
            continue
        field, _, value = text.partition(b":")
        value = value[1:] if value.startswith(b" ") else value
        if field == b"event":
            name = value
        elif field == b"data":
            data.append(value)


def decode(answered: Answered, data: bytes) -> Any:
    """The value that a whole body stands for, by its type."""
    content_type, name = answered.content_type, answered.file_name
    if content_type == "application/json" and name is None:
        return json.loads(data)
    if content_type == "application/x-ndjson" and name is None:
        pieces = list(_lines(iter(data.splitlines(keepends=True)), []))
        if not pieces or pieces[-1].kind != "end":
            raise broken_off()
        end = json.loads(pieces[-1].text)
        if end.get("outcome") != "ok":
            raise ended_with(end)
        return [json.loads(piece.text) for piece in pieces[:-1]]
    return File(name or "result", answered.headers.get("Content-Type", "application/octet-stream"), data)


def broken_off() -> Unreachable:
    detail = "The stream broke off before its end: its items are not all, and there may be no receipt."
    return Unreachable(None, {"code": "unavailable", "detail": detail, "retry": "same-key"})


def ended_with(end: Dict[str, Any]) -> CrankError:
    problem = end.get("error") or {"code": end.get("outcome"), "call": end.get("call")}
    return error_of(problem.get("status"), problem)
