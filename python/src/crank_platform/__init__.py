"""Crank for Python: the decorator that marks operations, and a client."""

from typing import TYPE_CHECKING, Any

from ._service import Context, crank_service

if TYPE_CHECKING:
    from ._client import Answer, Client, File
    from ._error import CrankError

__all__ = ["Answer", "Client", "Context", "CrankError", "File", "crank_service"]


def __getattr__(name: str) -> Any:
    # Services import the decorator only; the client and its HTTP modules are loaded when somebody asks for them.
    if name in ("Answer", "Client", "File"):
        from . import _client

        return getattr(_client, name)
    if name == "CrankError":
        from ._error import CrankError

        return CrankError
    raise AttributeError("module %r has no attribute %r" % (__name__, name))
