"""Crank for Python: the decorator that marks operations, and a client."""

from typing import TYPE_CHECKING, Any

from ._service import CallError, Context, crank_service

if TYPE_CHECKING:
    from ._client import Answer, Client, File
    from ._error import CrankError

    context: Context

__all__ = ["Answer", "CallError", "Client", "Context", "CrankError", "File", "context", "crank_service"]


def __getattr__(name: str) -> Any:
    # Services import the decorator only; the client and its HTTP modules are loaded when somebody asks for them.
    if name in ("Answer", "Client", "File"):
        from . import _client

        return getattr(_client, name)
    if name == "CrankError":
        from ._error import CrankError

        return CrankError
    if name == "context":
        from ._service import shared

        return shared()
    raise AttributeError("module %r has no attribute %r" % (__name__, name))
