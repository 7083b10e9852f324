"""Crank for Python: the decorator that marks operations, and a client."""

from typing import TYPE_CHECKING, Any

from ._service import CallError, Context, InvalidInput, crank_service

if TYPE_CHECKING:
    from ._async import AsyncClient, AsyncJob
    from ._client import CallOptions, Client
    from ._error import (
        ApprovalNeeded,
        CrankError,
        InvalidRequest,
        NodeFailed,
        NotVerified,
        Refused,
        ServiceFailed,
        Unreachable,
    )
    from ._job import Job
    from ._result import Answer, File, Stream
    from ._retry import RetryPolicy
    from ._trust import Trust

    context: Context

# Services import the decorator only; the client and its HTTP modules are loaded when somebody asks for them.
_LATER = {
    "_async": ("AsyncClient", "AsyncJob"),
    "_client": ("CallOptions", "Client"),
    "_error": (
        "ApprovalNeeded",
        "CrankError",
        "InvalidRequest",
        "NodeFailed",
        "NotVerified",
        "Refused",
        "ServiceFailed",
        "Unreachable",
    ),
    "_job": ("Job",),
    "_result": ("Answer", "File", "Stream"),
    "_retry": ("RetryPolicy",),
    "_trust": ("Trust",),
}

__all__ = [
    "Answer",
    "ApprovalNeeded",
    "AsyncClient",
    "AsyncJob",
    "CallError",
    "CallOptions",
    "Client",
    "Context",
    "CrankError",
    "File",
    "InvalidInput",
    "InvalidRequest",
    "Job",
    "NodeFailed",
    "NotVerified",
    "Refused",
    "RetryPolicy",
    "ServiceFailed",
    "Stream",
    "Trust",
    "Unreachable",
    "context",
    "crank_service",
]


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            import importlib

            return getattr(importlib.import_module("." + module, __name__), name)
    if name == "context":
        from ._service import shared

        return shared()
    raise AttributeError("module %r has no attribute %r" % (__name__, name))
