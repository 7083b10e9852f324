"""A client of Crank's HTTP interface, on the standard library."""

import base64
import http.client
import io
import json
import os
import secrets
import urllib.parse
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple, Union

from ._error import CrankError

_SKIPPED = frozenset(("__pycache__", "node_modules", "venv"))


class File(NamedTuple):
    """A file that an operation gave."""

    name: str
    content_type: str
    data: bytes


class Answer(NamedTuple):
    """The answer to a call. `value`: the result as JSON, a File, or an iterator of a stream's items."""

    value: Any
    #: Id of the call; its receipt has the same id.
    call: Optional[str]
    #: Digest of the version that answered.
    version: Optional[str]


class Client:
    """Talks to one node.

    Args:
        url: Default CRANK_URL, else http://127.0.0.1:7700.
        key: API key or OIDC token; default CRANK_KEY.
        timeout: Seconds to wait for the node at each step of a request.
    """

    def __init__(self, url: Optional[str] = None, key: Optional[str] = None, timeout: float = 120.0) -> None:
        self.url = (url or os.environ.get("CRANK_URL") or "http://127.0.0.1:7700").rstrip("/")
        self._key = key if key is not None else os.environ.get("CRANK_KEY")
        self._timeout = timeout
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("%r is not a URL such as http://127.0.0.1:7700" % self.url)
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._base = parts.path

    def call(self, service: str, operation: str, /, **arguments: Any) -> Any:
        """Calls an operation and gives its result: a JSON value, a File, or an iterator of items.

        Args:
            service: `SERVICE`, `ACCOUNT/SERVICE`, and either with `@VERSION` or `@ALIAS`.
            operation: The operation's name.
            arguments: By parameter name; a Path, bytes or an open file is sent as a file.

        Raises:
            CrankError: What the node reported.
        """
        return self.run(service, operation, arguments).value

    def run(
        self,
        service: str,
        operation: str,
        arguments: Optional[Mapping[str, Any]] = None,
        *,
        idempotency_key: Optional[str] = None,
        deadline: Optional[str] = None,
        tags: Optional[str] = None,
        subject: Optional[str] = None,
        session: Optional[str] = None,
        classification: Optional[str] = None,
    ) -> Answer:
        """Calls an operation with a say in how.

        Args:
            service: As for `call`.
            operation: As for `call`.
            arguments: By parameter name.
            idempotency_key: A repeat under the same key gives the first answer and is charged once.
            deadline: How long to wait at most, such as `5s`.
            tags: For cost allocation.
            subject: Whose data the input is, so that it can be erased; the caller otherwise.
            session: An id of your own: its calls go to one version, where the service's canary is drawn by session.
            classification: How confidential the arguments are: public, internal, confidential or restricted.

        Raises:
            CrankError: What the node reported.
        """
        path, query = _service_path(service)
        headers = {"Content-Type": "application/json", "Accept": "application/json, application/x-ndjson, */*"}
        for name, value in (
            ("Idempotency-Key", idempotency_key),
            ("Crank-Deadline", deadline),
            ("Crank-Tags", tags),
            ("Crank-Subject", subject),
            ("Crank-Session", session),
            ("Crank-Classification", classification),
        ):
            if value is not None:
                headers[name] = value
        body = json.dumps(dict(arguments or {}), default=_file, allow_nan=False).encode()
        target = "%s/%s%s" % (path, urllib.parse.quote(operation, safe=""), query)
        response, connection = self._send("POST", target, body, headers)
        about = response.headers
        return Answer(_result(response, connection), about.get("Crank-Call"), about.get("Crank-Version"))

    def deploy(self, path: Union[str, "os.PathLike[str]"], name: Optional[str] = None) -> Dict[str, Any]:
        """Deploys a script or a folder; gives the version with its operations and schemas.

        Raises:
            CrankError: `not-deployable` carries `findings`: file, line, what is wrong, how to mend it.
            OSError: A file cannot be read.
        """
        fields = [] if name is None else [("name", name)]
        content_type, body = _multipart(fields, list(_sources(Path(path))))
        version: Dict[str, Any] = self._json("POST", "/v1/services", body, {"Content-Type": content_type})
        return version

    def receipt(self, id: str) -> Dict[str, Any]:
        """The receipt file of a call or an administrative act: `envelope`, `proof`, `openings`.

        Raises:
            CrankError: `not-found` where there is none that this key may see.
        """
        receipt: Dict[str, Any] = self._json("GET", "/v1/receipts/" + urllib.parse.quote(id, safe=""), None, {})
        return receipt

    def _json(self, method: str, path: str, body: Optional[bytes], headers: Dict[str, str]) -> Any:
        response, connection = self._send(method, path, body, headers)
        try:
            return json.loads(response.read())
        finally:
            connection.close()

    def _send(
        self, method: str, path: str, body: Optional[bytes], headers: Dict[str, str]
    ) -> Tuple[http.client.HTTPResponse, http.client.HTTPConnection]:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=self._timeout)
        if self._key:
            headers["Authorization"] = "Bearer " + self._key
        try:
            connection.request(method, self._base + path, body, headers)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            detail = "No answer from %s (%s). Is the node up, and is this its URL?" % (self.url, error)
            raise CrankError(None, {"code": "unavailable", "detail": detail, "retry": "same-key"}) from error
        if response.status >= 300:
            problem = _problem(response)
            connection.close()
            raise problem
        return response, connection


def _service_path(service: str) -> Tuple[str, str]:
    """`acme/words@stable` as path and query."""
    name, _, version = service.partition("@")
    account, slash, bare = name.rpartition("/")
    quoted = urllib.parse.quote(bare, safe="")
    prefix = "/v1/accounts/%s/services/" % urllib.parse.quote(account, safe="") if slash else "/v1/services/"
    return prefix + quoted, "?" + urllib.parse.urlencode({"version": version}) if version else ""


def _file(value: Any) -> Any:
    """The JSON form of a file, for what JSON itself doesn't know."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        name, data = "data.bin", bytes(value)
    elif isinstance(value, os.PathLike):
        name, data = os.path.basename(os.fspath(value)), Path(value).read_bytes()
    elif hasattr(value, "read"):
        content = value.read()
        name = os.path.basename(str(getattr(value, "name", "data.bin")))
        data = content.encode("utf-8") if isinstance(content, str) else content
    else:
        raise TypeError("an argument of type %s has no JSON form" % type(value).__name__)
    return {"name": name, "base64": base64.b64encode(data).decode("ascii")}


def _sources(path: Path) -> Iterator[Tuple[str, Path]]:
    """The files to deploy, with their paths relative to the service; hidden files and caches are left at home."""
    if not path.is_dir():
        yield path.name, path
        return
    for file in sorted(path.rglob("*")):
        parts = file.relative_to(path).parts
        if file.is_file() and not any(part.startswith(".") or part in _SKIPPED for part in parts):
            yield "/".join(parts), file


def _multipart(fields: List[Tuple[str, str]], files: List[Tuple[str, Path]]) -> Tuple[str, bytes]:
    """A multipart/form-data body (RFC 7578)."""
    boundary = secrets.token_hex(16)
    body = io.BytesIO()
    for name, value in fields:
        head = '--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n' % (boundary, name)
        body.write(head.encode() + value.encode() + b"\r\n")
    for name, path in files:
        # RFC 7578, section 4.2: the characters that would end the parameter are percent-encoded.
        quoted = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head = '--%s\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n' % (boundary, quoted)
        body.write(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n")
        body.write(path.read_bytes() + b"\r\n")
    body.write(("--%s--\r\n" % boundary).encode())
    return "multipart/form-data; boundary=" + boundary, body.getvalue()


def _problem(response: http.client.HTTPResponse) -> CrankError:
    text = response.read()
    try:
        problem = json.loads(text)
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        detail = "The answer (status %d) is not from Crank: %r" % (response.status, text[:200])
        problem = {"code": "unavailable", "detail": detail}
    after = response.headers.get("Retry-After", "")
    return CrankError(response.status, problem, float(after) if after.isdigit() else None)


def _result(response: http.client.HTTPResponse, connection: http.client.HTTPConnection) -> Any:
    content_type = response.headers.get_content_type()
    name = response.headers.get_filename()
    if content_type == "application/x-ndjson" and name is None:
        return _items(response, connection)
    try:
        data = response.read()
    finally:
        connection.close()
    if content_type == "application/json" and name is None:
        return json.loads(data)
    return File(name or "result", response.headers.get("Content-Type", "application/octet-stream"), data)


def _items(response: http.client.HTTPResponse, connection: http.client.HTTPConnection) -> Iterator[Any]:
    """The items of a stream. The last line, `{"$crank": ...}`, says how it ended."""
    try:
        for line in response:
            if not line.strip():
                continue
            item = json.loads(line)
            if isinstance(item, dict) and set(item) == {"$crank"}:
                end = item["$crank"]
                if end.get("outcome") != "ok":
                    raise CrankError(None, end.get("error") or {"code": end.get("outcome"), "call": end.get("call")})
                return
            yield item
        raise CrankError(None, {"code": "unavailable", "detail": "The stream broke off before its end."})
    finally:
        connection.close()
