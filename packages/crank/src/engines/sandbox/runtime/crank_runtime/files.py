"""Files on their way in: what was handed over beside the JSON, or stands in it as `{"name", "base64"}`."""

import os
import re

from .decoder import Decoder, expected
from .errors import InvalidInput
from .scalars import AnyDecoder

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_CHUNK = 1 << 20
#: Up to this size a file handed over is copied, and the script may write to it; a larger one is linked, and read-only.
COPIED = 16 << 20


def base64_decode(text):
    """The bytes of a base64 string (RFC 4648, section 4; padded, nothing else in it). Raises InvalidInput."""
    import binascii  # a shared library in some builds: only calls with bytes pay for it

    if type(text) is not str or _BASE64.fullmatch(text) is None:
        raise InvalidInput("expected base64 (RFC 4648, with padding)")
    return binascii.a2b_base64(text)


def base64_encode(data):
    import binascii

    return binascii.b2a_base64(data, newline=False).decode("ascii")


def _base_name(name):
    base = re.sub(r"[\x00-\x1f\x7f]", "", re.split(r"[/\\]", name)[-1]).strip()
    base = base.encode("utf-8", "replace")[:200].decode("utf-8", "ignore")
    return "file" if base in ("", ".", "..") else base


def _free_path(name):
    """A path in the work folder that nothing has yet: `report.csv`, then `report (2).csv`."""
    folder, base = os.getcwd(), _base_name(name)
    stem, dot, suffix = base.rpartition(".")
    path, number = os.path.join(folder, base), 2
    if os.path.islink(path) and os.readlink(path).startswith("/code/"):
        os.unlink(path)  # the version's data of that name gives way to the call's
    while os.path.lexists(path):
        numbered = "%s (%d)%s%s" % (stem, number, dot, suffix) if stem else "%s (%d)" % (base, number)
        path, number = os.path.join(folder, numbered), number + 1
    return path


class FileRef:
    """A file that the platform put into the sandbox."""

    __slots__ = ("name", "path")

    def __init__(self, name, path):
        self.name = name
        self.path = path

    def read(self):
        with open(self.path, "rb") as file:
            return file.read()

    def place(self):
        """The file as a Path in the work folder, under its own name, for the script to keep."""
        import pathlib

        if self.path == os.path.join(os.getcwd(), _base_name(self.name)):
            return pathlib.Path(self.path)
        target = _free_path(self.name)
        if os.path.getsize(self.path) > COPIED:
            os.symlink(self.path, target)
            return pathlib.Path(target)
        with open(self.path, "rb") as source, open(target, "xb") as copy:
            for chunk in iter(lambda: source.read(_CHUNK), b""):
                copy.write(chunk)
        return pathlib.Path(target)


class InlineFile:
    """A file that stands in the JSON."""

    __slots__ = ("name", "data")

    def __init__(self, name, data):
        self.name = name
        self.data = data

    def read(self):
        return self.data

    def place(self):
        import pathlib

        target = _free_path(self.name)
        with open(target, "xb") as file:
            file.write(self.data)
        return pathlib.Path(target)


def file_of(value):
    """The file that a JSON value or a handed-over file stands for. Raises InvalidInput."""
    if type(value) is FileRef:
        return value
    if type(value) is not dict:
        raise expected('a file: a multipart part, or an object {"name", "base64"}', value)
    if set(value) != {"name", "base64"}:
        raise InvalidInput('a file in JSON has exactly the members "name" and "base64"')
    if type(value["name"]) is not str:
        raise expected("a string", value["name"]).within("name")
    try:
        return InlineFile(value["name"], base64_decode(value["base64"]))
    except InvalidInput as error:
        raise error.within("base64")


def _file_schema(defs):
    inward = {
        "type": "object",
        "title": "File",
        "properties": {
            "name": {"type": "string"},
            "base64": {"type": "string", "contentEncoding": "base64"},
        },
        "required": ["name", "base64"],
        "additionalProperties": False,
    }
    return defs.ref("File", "File", lambda: inward)


def file_result_schema(defs):
    """A file on its way out."""
    outward = {
        "type": "object",
        "title": "File",
        "properties": {
            "name": {"type": "string"},
            "type": {"type": "string"},
            "size": {"type": "integer", "minimum": 0},
            "base64": {"type": "string", "contentEncoding": "base64"},
            "href": {"type": "string"},
        },
        "required": ["name", "type", "size"],
    }
    return defs.ref("File", "File", lambda: outward)


class PathDecoder(Decoder):
    """A Path: a file, placed in the work folder; or a string, which names a path within the work folder."""

    files = True

    def decode(self, value):
        if type(value) is not str:
            return file_of(value).place()
        import pathlib

        # Elsewhere lie the author's source and secrets, which callers have no business with.
        folder = os.path.realpath(os.getcwd())
        if "\0" in value or os.path.isabs(value):
            raise InvalidInput("expected a file, or a relative path within the work folder")
        if os.path.commonpath([folder, os.path.realpath(value)]) != folder:
            raise InvalidInput("the path leads out of the work folder")
        return pathlib.Path(value)

    def schema(self, defs):
        if defs.output:
            return {"anyOf": [{"type": "string"}, file_result_schema(defs)]}
        return {"anyOf": [_file_schema(defs), {"type": "string"}]}


class Bytes(Decoder):
    """Bytes: a base64 string, or a file."""

    files = True
    scalar = True

    def __init__(self, make=None):
        self._make = make

    def decode(self, value):
        data = base64_decode(value) if type(value) is str else file_of(value).read()
        return self._make(data) if self._make else data

    def schema(self, defs):
        text = {"type": "string", "contentEncoding": "base64"}
        return text if defs.output else {"anyOf": [_file_schema(defs), text]}


class Stream(Decoder):
    """An open file: binary, or text in UTF-8."""

    files = True

    def __init__(self, text):
        self._text = text

    def decode(self, value):
        path = file_of(value).place()
        return open(path, encoding="utf-8") if self._text else open(path, "rb")

    def schema(self, defs):
        if defs.output:
            return {"type": "string"} if self._text else {"type": "string", "contentEncoding": "base64"}
        return _file_schema(defs)


class InMemory(Stream):
    """io.BytesIO and io.StringIO."""

    def decode(self, value):
        import io

        data = file_of(value).read()
        if not self._text:
            return io.BytesIO(data)
        try:
            return io.StringIO(data.decode("utf-8"))
        except UnicodeDecodeError:
            raise InvalidInput("the file is not text in UTF-8") from None


class Picture(Decoder):
    """PIL.Image.Image: a picture file."""

    files = True

    def decode(self, value):
        import sys

        path = file_of(value).place()
        try:
            picture = sys.modules["PIL.Image"].open(path)
            picture.load()
            return picture
        except (OSError, ValueError, SyntaxError) as error:
            raise InvalidInput("the file is no picture that Pillow reads: %s" % error) from None

    def schema(self, defs):
        return file_result_schema(defs) if defs.output else _file_schema(defs)


#: (module, class) -> decoder.
FILES = {
    ("pathlib", "Path"): PathDecoder(),
    ("pathlib", "PosixPath"): PathDecoder(),
    ("os", "PathLike"): PathDecoder(),
    ("typing", "BinaryIO"): Stream(text=False),
    ("typing", "TextIO"): Stream(text=True),
    ("io", "BytesIO"): InMemory(text=False),
    ("io", "StringIO"): InMemory(text=True),
    ("io", "TextIOWrapper"): Stream(text=True),
    ("io", "TextIOBase"): Stream(text=True),
    ("io", "BufferedReader"): Stream(text=False),
    ("io", "BufferedIOBase"): Stream(text=False),
    ("io", "RawIOBase"): Stream(text=False),
    ("io", "IOBase"): Stream(text=False),
    ("PIL", "Image"): Picture(),
}


def takes_files(decoder):
    """Whether a parameter is for files. One that takes anything may be given a file too, but isn't listed."""
    return decoder.files and not isinstance(decoder, AnyDecoder)
