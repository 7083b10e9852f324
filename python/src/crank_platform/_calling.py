"""`context.call` outside of Crank: a node is called over HTTP, with whoever's key is in the environment."""

import base64
import os
from typing import Any, Dict, Mapping

from ._client import Client
from ._error import CrankError
from ._result import File
from ._service import CallError


def call(target: str, arguments: Mapping[str, Any]) -> Any:
    """The result as `context.call` gives it inside."""
    if not (os.environ.get("CRANK_URL") or os.environ.get("CRANK_KEY")):
        raise RuntimeError(
            "context.call outside of Crank needs a node to call: set CRANK_URL and CRANK_KEY, or run the script in Crank"
        )
    service, _, operation = target.partition(".")
    try:
        value = Client().run(service, operation, {name: _argument(value) for name, value in arguments.items()}).value
        if isinstance(value, File):
            data = base64.b64encode(value.data).decode("ascii")
            return {"name": value.name, "type": value.content_type, "size": len(value.data), "base64": data}
        return list(value) if hasattr(value, "__next__") else value
    except CrankError as error:
        problem: Dict[str, Any] = {"code": error.code, "status": error.status, "detail": error.detail, "retry": error.retry}
        if error.call is not None:
            problem["call"] = error.call
        if error.exception is not None:
            problem["exception"] = error.exception
        raise CallError(target, problem) from error


def _argument(value: Any) -> Any:
    """A file that a call gave, as one that a call takes."""
    if isinstance(value, dict) and value.keys() == {"name", "type", "size", "base64"}:
        return {"name": value["name"], "base64": value["base64"]}
    return value
