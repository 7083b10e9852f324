"""Requests of one node: authenticated, tried again where that is safe, failures as errors of the catalogue."""

import contextvars
import http.client
import json
import random
import re
import socket
import threading
import time
import urllib.parse
from typing import Any, Callable, Dict, Iterator, Optional, Tuple, TypeVar, Union

from ._body import Body
from ._error import CrankError, Unreachable, error_of
from ._retry import Failure, RetryPolicy, retry_delay

T = TypeVar("T")
Key = Union[str, Callable[[], str], None]
#: The node ends a call at its deadline and says so, with a receipt; it is waited for so much longer, in seconds.
_GRACE = 2.0


class Scope:
    """The connection that somebody waits for, so that somebody else can end the waiting."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Optional[http.client.HTTPConnection] = None
        self.ended = threading.Event()

    def enter(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._connection = connection
            if self.ended.is_set():
                raise OSError("stopped by the caller")

    def end(self) -> None:
        self.ended.set()
        with self._lock:
            connection = self._connection.sock if self._connection is not None else None
            if connection is not None:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


scope: "contextvars.ContextVar[Optional[Scope]]" = contextvars.ContextVar("crank_scope", default=None)


class Answered:
    """An answer that is a success. Read it once, with `read` or by iterating over its lines."""

    def __init__(self, response: http.client.HTTPResponse, connection: http.client.HTTPConnection) -> None:
        self.status = response.status
        self.headers = response.headers
        self._response = response
        self._connection = connection

    @property
    def content_type(self) -> str:
        """Without parameters."""
        return self.headers.get_content_type()

    @property
    def file_name(self) -> Optional[str]:
        """Where the answer is a file (RFC 6266); the standard library would take the stand-in in ASCII."""
        encoded = re.search(r"filename\*=UTF-8''([^;]+)", self.headers.get("Content-Disposition") or "", re.IGNORECASE)
        return self.headers.get_filename() if encoded is None else urllib.parse.unquote(encoded.group(1))

    def read(self) -> bytes:
        try:
            return self._response.read()
        finally:
            self.close()

    def lines(self) -> Iterator[bytes]:
        try:
            yield from self._response
        finally:
            self.close()

    def close(self) -> None:
        self._connection.close()


class Transport:
    def __init__(self, url: str, key: Key, timeout: float, policy: RetryPolicy) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("%r is not a URL such as http://127.0.0.1:7700" % url)
        self.url = url
        self.policy = policy
        self._key = key
        self._timeout = timeout
        self._secure, self._host, self._port, self._base = parts.scheme == "https", parts.hostname, parts.port, parts.path

    def send(
        self,
        method: str,
        path: str,
        read: Callable[[Answered], T],
        *,
        headers: Optional[Dict[str, str]] = None,
        body: Optional[Body] = None,
        again: Optional[bool] = None,
        deadline: Optional[float] = None,
    ) -> T:
        """What `read` makes of a success; a body that gets lost on the way is asked for again, as far as that is safe.

        Args:
            method: Of HTTP.
            path: With its query.
            read: Called with the answer, at each try.
            headers: Beside those that every request has.
            body: To send.
            again: Whether it may be made twice; if it reads only, where absent.
            deadline: Seconds, for all tries together. The node is told, too.

        Raises:
            CrankError: Of a kind.
        """
        twice = method in ("GET", "HEAD") if again is None else again
        end = None if deadline is None else time.monotonic() + deadline
        tries = 0
        while True:
            tries += 1
            try:
                return self._attempt(method, path, headers or {}, body, end, read)
            except _Failed as failed:
                delay = retry_delay(failed.failure, twice, tries, self.policy, random.random())
                if delay is None or (end is not None and time.monotonic() + delay / 1000 >= end):
                    raise failed.error from failed.__cause__
            waiting = scope.get()
            if waiting is None:
                time.sleep(delay / 1000)
            elif waiting.ended.wait(delay / 1000):
                raise OSError("stopped by the caller")

    def _attempt(
        self,
        method: str,
        path: str,
        more: Dict[str, str],
        body: Optional[Body],
        end: Optional[float],
        read: Callable[[Answered], T],
    ) -> T:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        left = None if end is None else max(0.001, end - time.monotonic())
        connection = kind(self._host, self._port, timeout=self._timeout if left is None else min(self._timeout, left + _GRACE))
        headers = dict(more)
        key = self._key() if callable(self._key) else self._key
        if key:
            headers["Authorization"] = "Bearer " + key
        if left is not None:
            headers["Crank-Deadline"] = "%dms" % max(1, round(left * 1000))
        if body is not None:
            headers["Content-Length"] = str(body.length)
        try:
            connection.connect()
            waiting = scope.get()
            if waiting is not None:
                waiting.enter(connection)
            connection.request(method, self._base + path, None if body is None else iter(body), headers)
            response = connection.getresponse()
            if response.status >= 300:
                raise _refusal(response, self.url)
            return read(Answered(response, connection))
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            detail = "The node at %s does not answer (%s); whether it did what was asked is not known." % (self.url, error)
            problem = {"code": "unavailable", "detail": detail, "retry": "same-key"}
            raise _Failed(Unreachable(None, problem), Failure()) from error
        except _Failed:
            connection.close()
            raise


class _Failed(Exception):
    def __init__(self, error: CrankError, failure: Failure) -> None:
        super().__init__()
        self.error = error
        self.failure = failure


def _refusal(response: http.client.HTTPResponse, url: str) -> _Failed:
    text = response.read()
    after = response.headers.get("Retry-After", "")
    seconds = float(after) if after.isdigit() else None
    problem: Any = None
    if response.headers.get_content_type() == "application/problem+json":
        try:
            problem = json.loads(text)
        except ValueError:
            pass
    if isinstance(problem, dict) and isinstance(problem.get("code"), str):
        problem = {"retry": "never", **problem}
        return _Failed(error_of(response.status, problem, seconds), Failure(problem["retry"], None, seconds))
    detail = "%s answered %d, and not as a Crank node does: %r" % (url, response.status, text[:200])
    made = {"code": "unavailable", "detail": detail, "retry": "same-key"}
    return _Failed(Unreachable(response.status, made, seconds), Failure(None, response.status, seconds))


def quoted(*parts: str) -> Tuple[str, ...]:
    return tuple(urllib.parse.quote(part, safe="") for part in parts)
