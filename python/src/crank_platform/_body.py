"""What is sent: arguments as JSON or as a form with files, and sources to deploy."""

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple, Union

_SKIPPED = frozenset(("__pycache__", "node_modules", "venv"))
_PIECE = 64 * 1024

Content = Union[bytes, Path]


class Body:
    """Bytes and files, one after the other; can be sent several times."""

    def __init__(self, parts: List[Content]) -> None:
        self._parts = parts
        self.length = sum(part.stat().st_size if isinstance(part, Path) else len(part) for part in parts)

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
                continue
            with open(part, "rb") as file:
                while True:
                    piece = file.read(_PIECE)
                    if not piece:
                        break
                    yield piece


def call_body(arguments: Mapping[str, Any]) -> Tuple[str, Body, Optional[bytes]]:
    """Content type, body, and the bytes that a receipt commits to, where there are no files."""
    files: List[Tuple[str, Any]] = []
    plain: Dict[str, Any] = {}
    for name, value in arguments.items():
        several = value if isinstance(value, (list, tuple)) and value and all(map(_is_file, value)) else None
        if _is_file(value):
            files.append((name, value))
        elif several is not None:
            files.extend((name, one) for one in several)
        else:
            plain[name] = value
    if not files:
        text = _json(plain)
        return "application/json", Body([text]), text
    boundary = secrets.token_hex(16)
    parts: List[Content] = []
    for name, value in plain.items():
        # It says that it is JSON: the string "1" and the number 1 look alike otherwise.
        parts.append(_head(boundary, name, None, "application/json") + _json(value) + b"\r\n")
    for name, value in files:
        file_name, content = _named(value)
        parts += [_head(boundary, name, file_name, "application/octet-stream"), content, b"\r\n"]
    parts.append(("--%s--\r\n" % boundary).encode())
    return "multipart/form-data; boundary=" + boundary, Body(parts), None


def deploy_body(path: Path, fields: Mapping[str, Optional[str]]) -> Tuple[str, Body]:
    boundary = secrets.token_hex(16)
    parts: List[Content] = [
        _head(boundary, name, None, None) + value.encode() + b"\r\n" for name, value in fields.items() if value is not None
    ]
    for name, file in _sources(path):
        parts += [_head(boundary, "file", name, "application/octet-stream"), file, b"\r\n"]
    parts.append(("--%s--\r\n" % boundary).encode())
    return "multipart/form-data; boundary=" + boundary, Body(parts)


def _head(boundary: str, name: str, file_name: Optional[str], content_type: Optional[str]) -> bytes:
    more = "" if file_name is None else '; filename="%s"' % _quoted(file_name)
    kind = "" if content_type is None else "Content-Type: %s\r\n" % content_type
    return ('--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n%s\r\n' % (boundary, _quoted(name), more, kind)).encode()


def _quoted(name: str) -> str:
    # RFC 7578, section 4.2: the characters that would end the parameter are percent-encoded.
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _json(value: Any) -> bytes:
    return json.dumps(value, default=_file, allow_nan=False, ensure_ascii=False).encode()


def _is_file(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray, memoryview, os.PathLike)) or hasattr(value, "read") or hasattr(value, "content_type")


def _named(value: Any) -> Tuple[str, Content]:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "data.bin", bytes(value)
    if isinstance(value, os.PathLike):
        return os.path.basename(os.fspath(value)), Path(value)
    if hasattr(value, "content_type"):
        return value.name, value.data
    content = value.read()
    name = os.path.basename(str(getattr(value, "name", "data.bin")))
    return name, content.encode("utf-8") if isinstance(content, str) else content


def _file(value: Any) -> Any:
    """The JSON form of a file that stands deeper than the arguments, for what JSON itself doesn't know."""
    if not _is_file(value):
        raise TypeError("an argument of type %s has no JSON form" % type(value).__name__)
    name, content = _named(value)
    data = content.read_bytes() if isinstance(content, Path) else content
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
