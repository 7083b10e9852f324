"""A client of Crank's HTTP interface, on the standard library."""

import json
import os
import re
import urllib.parse
import uuid
from pathlib import Path
from typing import Any, Dict, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from ._api import Api
from ._body import Body, call_body, deploy_body
from ._error import ApprovalNeeded
from ._job import Job
from ._result import Answer, Progress, Stream, decode
from ._retry import RetryPolicy
from ._transport import Answered, Key, Transport, quoted
from ._trust import Trust, verify_with

_SERVICE = re.compile(r"(?:([a-z0-9-]+)/)?([a-z0-9-]+)(?:@([^@/?#]+))?")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class CallOptions(NamedTuple):
    """How a call is to be made."""

    idempotency_key: Union[str, bool, None] = None
    deadline: Union[str, float, None] = None
    tags: Union[str, Mapping[str, str], None] = None
    subject: Optional[str] = None
    session: Optional[str] = None
    classification: Optional[str] = None
    verify: Union[Trust, bool, None] = None


class _Made(NamedTuple):
    path: str
    content_type: str
    body: Body
    input: Optional[bytes]
    stated: Dict[str, str]


class Client:
    """Talks to one node.

    Args:
        url: Default CRANK_URL, else http://127.0.0.1:7700.
        key: API key or token, or what gives the one to use; default CRANK_KEY.
        timeout: Seconds to wait for the node at each step of a request.
        retries: How often and when what failed is tried again, as far as that is safe.
        verify: What every call's receipt is held against, with the bytes that were sent and answered.
    """

    def __init__(
        self,
        url: Optional[str] = None,
        key: Key = None,
        timeout: float = 120.0,
        retries: Union[int, RetryPolicy] = RetryPolicy(),
        verify: Optional[Trust] = None,
    ) -> None:
        self.url = (url or os.environ.get("CRANK_URL") or "http://127.0.0.1:7700").rstrip("/")
        policy = RetryPolicy(retries) if isinstance(retries, int) else retries
        self._transport = Transport(self.url, key if key is not None else os.environ.get("CRANK_KEY"), timeout, policy)
        self._trust = verify
        #: Every other operation of the node's API, by its name: `client.api.list_calls(service="words")`.
        self.api = Api(self._transport)

    def call(self, service: str, operation: str, /, **arguments: Any) -> Any:
        """Calls an operation and gives its result: a JSON value, a File, or an iterator of items.

        Args:
            service: `SERVICE`, `ACCOUNT/SERVICE`, and either with `@VERSION` or `@ALIAS`.
            operation: The operation's name.
            arguments: By parameter name; a Path, bytes, an open file or a File is sent as a file, a list of them as several.

        Raises:
            CrankError: InvalidRequest, Refused, ServiceFailed, Unreachable or NodeFailed.
            NotVerified: Its receipt does not hold.
            ApprovalNeeded: Another principal has to let it run.
        """
        return self.run(service, operation, arguments).value

    def run(
        self,
        service: str,
        operation: str,
        arguments: Optional[Mapping[str, Any]] = None,
        *,
        idempotency_key: Union[str, bool, None] = None,
        deadline: Union[str, float, None] = None,
        tags: Union[str, Mapping[str, str], None] = None,
        subject: Optional[str] = None,
        session: Optional[str] = None,
        classification: Optional[str] = None,
        verify: Union[Trust, bool, None] = None,
    ) -> Answer:
        """Calls an operation with a say in how.

        Args:
            service: As for `call`.
            operation: As for `call`.
            arguments: By parameter name.
            idempotency_key: The same key gives the same answer for a day, so that what got lost may be asked for again.
                Where absent each call makes one of its own; False: none, and nothing is kept on the node.
            deadline: How long to wait at most, over all tries: seconds, or `500ms`, `5s`. The node ends the call then.
            tags: For cost allocation.
            subject: Whose data the input is, so that it can be erased; the caller otherwise.
            session: An id of your own: its calls go to one version, where the service's canary is drawn by session.
            classification: How confidential the arguments are: public, internal, confidential or restricted.
            verify: Fetch the receipt and hold it against this; False: not, whatever the client does.

        Raises:
            As `call`.
        """
        options = CallOptions(idempotency_key, deadline, tags, subject, session, classification, verify)
        return self._answer(_operation(service, operation, arguments or {}), options)

    def run_code(
        self,
        code: str,
        input: Optional[Mapping[str, Any]] = None,
        *,
        operation: Optional[str] = None,
        requirements: Optional[Sequence[str]] = None,
        options: CallOptions = CallOptions(),
    ) -> Answer:
        """Runs code without deploying it: a Python module with annotated functions, or a script.

        Raises:
            As `call`; InvalidRequest with `findings` where it cannot be run.
        """
        given = json.dumps(dict(input or {}), allow_nan=False, ensure_ascii=False)
        more = {"operation": operation, "requirements": list(requirements) if requirements is not None else None}
        rest = {"code": code, **{name: value for name, value in more.items() if value is not None}}
        text = (json.dumps(rest, ensure_ascii=False)[:-1] + ', "input": ' + given + "}").encode()
        made = _Made("/v1/run", "application/json", Body([text]), given.encode(), {})
        return self._answer(made, options)

    def stream(
        self,
        service: str,
        operation: str,
        arguments: Optional[Mapping[str, Any]] = None,
        *,
        on_progress: Optional[Progress] = None,
        options: CallOptions = CallOptions(),
    ) -> Stream:
        """Calls a streaming operation; iterate over it. `on_progress` is told the fraction and a message between items."""
        made = _operation(service, operation, arguments or {})
        accept = "application/x-ndjson" if on_progress is None else "text/event-stream, application/x-ndjson;q=0.5"
        # An answer under a key is not kept where it is a stream: what got lost in the middle cannot be had again.
        keyless = options._replace(idempotency_key=options.idempotency_key or False)
        answered = self._send(made, keyless, {"Accept": accept}, lambda given: given)
        if answered.status == 202:
            raise ApprovalNeeded(self._job(json.loads(answered.read()), made, options))
        return self._stream(answered, made, options, on_progress)

    def submit(
        self,
        service: str,
        operation: str,
        arguments: Optional[Mapping[str, Any]] = None,
        options: CallOptions = CallOptions(),
    ) -> Job:
        """Hands in a call as a job, which outlives the request and a restart of the node."""
        made = _operation(service, operation, arguments or {})
        state = self._send(made, options, {"Prefer": "respond-async"}, lambda given: json.loads(given.read()))
        return self._job(state, made, options)

    def job(self, id: str) -> Job:
        """A job of which the id is known."""
        return Job(self._transport, id)

    def deploy(self, path: Union[str, "os.PathLike[str]"], name: Optional[str] = None) -> Dict[str, Any]:
        """Deploys a script or a folder; gives the version with its operations and schemas.

        Raises:
            InvalidRequest: `not-deployable` carries `findings`: file, line, what is wrong, how to mend it.
            OSError: A file cannot be read.
        """
        content_type, body = deploy_body(Path(path), {"name": name})
        version: Dict[str, Any] = self._transport.send(
            "POST",
            "/v1/services",
            lambda answered: json.loads(answered.read()),
            headers={"Content-Type": content_type},
            body=body,
        )
        return version

    def receipt(self, id: str) -> Dict[str, Any]:
        """The receipt file of a call or an administrative act: `envelope`, `proof`, `openings`."""
        receipt: Dict[str, Any] = json.loads(self.receipt_file(id))
        return receipt

    def receipt_file(self, id: str) -> bytes:
        """The same byte for byte: to be kept, and verified without this node."""
        return self._transport.send("GET", "/v1/receipts/%s" % quoted(id), lambda answered: answered.read())

    def verify(self, id: str, trust: Trust, output: Optional[bytes] = None, input: Optional[bytes] = None) -> Any:
        """Fetches a receipt and holds it against what is trusted; gives a `VerifiedReceipt`.

        Raises:
            NotVerified: It does not hold.
        """
        return verify_with(trust, self.receipt_file(id), id, None, output, input)

    def _answer(self, made: _Made, options: CallOptions) -> Answer:
        def read(answered: Answered) -> Tuple[Answered, Optional[bytes]]:
            streams = answered.content_type == "application/x-ndjson" and answered.file_name is None
            return answered, None if streams else answered.read()

        accept = {"Accept": "application/json, application/x-ndjson, */*"}
        answered, data = self._send(made, options, accept, read)
        about = answered.headers
        if data is None:
            items = self._stream(answered, made, options, None)
            return Answer(items, about.get("Crank-Call"), about.get("Crank-Version"))
        if answered.status == 202:
            raise ApprovalNeeded(self._job(json.loads(data), made, options))
        answer = Answer(decode(answered, data), about.get("Crank-Call"), about.get("Crank-Version"))
        return self._checked(answer, data, made, options)

    def _stream(self, answered: Answered, made: _Made, options: CallOptions, progress: Optional[Progress]) -> Stream:
        trust = self._trust_of(options)

        def check(data: bytes, end: Dict[str, Any]) -> None:
            assert trust is not None
            output = data if end.get("outcome") == "ok" else None
            verify_with(trust, self.receipt_file(end["call"]), end["call"], made.stated, output, made.input)

        return Stream(answered, progress, None if trust is None else check)

    def _job(self, state: Dict[str, Any], made: _Made, options: CallOptions) -> Job:
        return Job(self._transport, state["id"], state, lambda answer, data: self._checked(answer, data, made, options))

    def _checked(self, answer: Answer, data: bytes, made: _Made, options: CallOptions) -> Answer:
        trust = self._trust_of(options)
        if trust is None or answer.call is None:
            return answer
        file = self.receipt_file(answer.call)
        return answer.verified(verify_with(trust, file, answer.call, made.stated, data, made.input))

    def _trust_of(self, options: CallOptions) -> Optional[Trust]:
        if options.verify is False:
            return None
        return options.verify if isinstance(options.verify, Trust) else self._trust

    def _send(self, made: _Made, options: CallOptions, more: Dict[str, str], read: Any) -> Any:
        key = options.idempotency_key
        if key is None or key is True:
            key = str(uuid.uuid4()) if self._transport.policy.retries > 0 else False
        tags = options.tags
        headers = {
            "Content-Type": made.content_type,
            "Idempotency-Key": key or None,
            "Crank-Tags": tags if tags is None or isinstance(tags, str) else ",".join("%s=%s" % one for one in tags.items()),
            "Crank-Subject": options.subject,
            "Crank-Session": options.session,
            "Crank-Classification": options.classification,
            **more,
        }
        return self._transport.send(
            "POST",
            made.path,
            read,
            headers={name: value for name, value in headers.items() if isinstance(value, str)},
            body=made.body,
            again=bool(key),
            deadline=_seconds(options.deadline),
        )


def _operation(service: str, operation: str, arguments: Mapping[str, Any]) -> _Made:
    prefix, name, version = service_path(service)
    query = "" if version is None else "?" + urllib.parse.urlencode({"version": version})
    content_type, body, sent = call_body(arguments)
    path = "%s/%s%s" % (prefix, *quoted(operation), query)
    return _Made(path, content_type, body, sent, {"service": name, "operation": operation})


def service_path(text: str) -> Tuple[str, str, Optional[str]]:
    """`acme/words@stable` as the service's path, its bare name, and the version.

    Raises:
        ValueError: It names no service.
    """
    match = _SERVICE.fullmatch(text)
    if match is None:
        raise ValueError("%r names no service: write [ACCOUNT/]SERVICE[@VERSION]" % text)
    account, name, version = match.groups()
    return ("/v1/services/" if account is None else "/v1/accounts/%s/services/" % account) + name, name, version


def _seconds(deadline: Union[str, float, None]) -> Optional[float]:
    if deadline is None or not isinstance(deadline, str):
        return deadline
    match = _DURATION.fullmatch(deadline)
    if match is None:
        raise ValueError("%r is no duration: write it like 500ms, 5s or 2m" % deadline)
    return float(match.group(1)) * _UNITS[match.group(2)]
