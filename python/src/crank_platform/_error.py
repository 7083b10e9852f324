"""The one error that the client raises."""

from typing import Any, Dict, List, Mapping, Optional


class CrankError(Exception):
    """A problem that the node reported (RFC 9457), or `unavailable` where no node answered.

    Attributes:
        code: Stable code such as `invalid-input`, `script-error` or `policy-denied`.
        detail: What happened and what to do.
        status: HTTP status; None where no answer came.
        retry: `never`, `after` or `same-key`.
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
        self.retry_after = retry_after
        self.call: Optional[str] = problem.get("call")
        self.reasons: List[str] = problem.get("reasons", [])
        self.errors: List[Dict[str, str]] = problem.get("errors", [])
        self.findings: List[Dict[str, Any]] = problem.get("findings", [])
        self.exception: Optional[Dict[str, str]] = problem.get("exception")
        super().__init__("%s: %s" % (self.code, self.detail))
