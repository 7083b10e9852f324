"""The errors that the client raises: classes by what is to be done."""

from typing import Any, Dict, List, Mapping, Optional, Type

from ._codes import EXITS


class CrankError(Exception):
    """Something that was asked of a node and did not come to be.

    Attributes:
        code: Stable code of the contract, such as `invalid-input`, `script-error` or `policy-denied`.
        detail: What happened and what to do.
        status: HTTP status; None where no answer came.
        retry: `never`, `after` (later) or `same-key` (later, under the same idempotency key).
        retry_after: Seconds until another try makes sense, where the node said so.
        call: Id of the call, where one exists: its receipt has the same id.
        reasons: Of a denial by policy.
        errors: Of invalid input: `pointer` (RFC 6901) and `message`.
        findings: Of what cannot be deployed: `level`, `file`, `line`, `message`, `fix`.
        exception: Of a script's error: `type`, `message`, and for the owner `traceback`.
    """

    def __init__(self, status: Optional[int], problem: Mapping[str, Any], retry_after: Optional[float] = None) -> None:
        self.status = status
        self.code: str = str(problem.get("code", "internal"))
        self.detail: str = str(problem.get("detail") or problem.get("title") or self.code)
        self.retry: str = str(problem.get("retry", "never"))
        self.retry_after: Optional[float] = problem.get("retryAfter", retry_after)
        self.call: Optional[str] = problem.get("call")
        self.reasons: List[str] = problem.get("reasons", [])
        self.errors: List[Dict[str, str]] = problem.get("errors", [])
        self.findings: List[Dict[str, Any]] = problem.get("findings", [])
        self.exception: Optional[Dict[str, str]] = problem.get("exception")
        super().__init__("%s: %s" % (self.code, self.detail))


class InvalidRequest(CrankError):
    """The request is wrong: `errors` say where the input does not fit, `findings` why a source cannot be deployed."""


class Refused(CrankError):
    """Who asks may not: identity, policy (`reasons`), budget or rate."""


class ServiceFailed(CrankError):
    """The service's code failed, ran out of time or memory, or gave what it does not promise. The call has a receipt."""


class Unreachable(CrankError):
    """No node answered, or one that is overloaded or stops. Whether a call was made is not known where `status` is None."""


class NodeFailed(CrankError):
    """The node failed; nothing was charged."""


class NotVerified(CrankError):
    """A receipt does not hold. `part` says what of it, as `crank_platform.verify` names it."""

    def __init__(self, part: str, detail: str) -> None:
        super().__init__(None, {"code": "not-verified", "detail": detail})
        self.part = part


class ApprovalNeeded(Exception):
    """The call was taken, and runs once another principal has approved it: follow `job`."""

    def __init__(self, job: Any) -> None:
        self.job = job
        super().__init__("the call %s waits for approval by another principal" % job.id)


_KINDS: Dict[int, Type[CrankError]] = {1: ServiceFailed, 2: InvalidRequest, 3: Refused, 4: Unreachable, 70: NodeFailed}


def error_of(status: Optional[int], problem: Mapping[str, Any], retry_after: Optional[float] = None) -> CrankError:
    """The error that a problem document tells. Codes that are not known yet go by their status."""
    kind = EXITS.get(str(problem.get("code"))) or _kind_of(status if status is not None else problem.get("status", 500))
    return _KINDS.get(kind, CrankError)(status, problem, retry_after)


def _kind_of(status: int) -> int:
    if status in (502, 503):
        return 4
    if status >= 500:
        return 70 if status == 500 else 1
    return 3 if status in (401, 402, 403, 429) else 2
