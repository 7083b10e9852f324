"""How the operations of the API are asked for."""

import json
import os
import urllib.parse
from pathlib import Path
from typing import Any, Dict, Mapping

from ._body import Body
from ._result import File
from ._transport import Answered, Transport, quoted

#: Parameters that are paths themselves: they keep their slashes.
_PATHS = frozenset(("path", "tile"))


class Asking:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _ask(self, method: str, path: str, places: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        for name, value in places.items():
            if not value:
                raise ValueError("%r is missing in the path" % name)
            text = urllib.parse.quote(value) if name in _PATHS else quoted(value)[0]
            path = path.replace("{%s}" % name, text)
        asked = urllib.parse.urlencode([(name, _text(value)) for name, value in query.items() if value is not None])
        headers: Dict[str, str] = {}
        sent = None
        if isinstance(body, (bytes, os.PathLike)):
            headers["Content-Type"] = "application/octet-stream"
            sent = Body([Path(body) if isinstance(body, os.PathLike) else body])
        elif body is not None:
            headers["Content-Type"] = "application/json"
            sent = Body([json.dumps(body, allow_nan=False).encode()])
        target = path + ("?" + asked if asked else "")
        return self._transport.send(method, target, _decode, headers=headers, body=sent)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _decode(answered: Answered) -> Any:
    data = answered.read()
    content_type, name = answered.content_type, answered.file_name
    if name is None and content_type.endswith("json") and content_type != "application/x-ndjson":
        return json.loads(data)
    if name is None and content_type.startswith("text/"):
        return data.decode()
    return data if name is None else File(name, content_type, data)
