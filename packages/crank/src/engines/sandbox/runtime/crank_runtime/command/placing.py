"""Where a command finds its files, and leaves its own."""

import os
import re

from ..errors import InvalidInput
from ..files import COPIED, _base_name, _free_path, file_of

_OUT = ".out"  # in the work folder, of which nothing stays
_CHUNK = 1 << 20
# Names that no tool takes for anything but a name. Others stand behind "./": `-x`, `a=b` (awk), `msl:a` (ImageMagick),
# `host:a` (tar), `@a`.
_TAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def gather(run, values, files):
    """Puts files that came beside the JSON, as (parameter, name, path), in their parameters' places."""
    from ..files import FileRef

    for name, called, path in files:
        parameter = run["parameters"].get(name)
        if parameter is None or parameter["kind"] not in ("in-file", "stdin"):
            raise InvalidInput("this parameter takes no file", "/" + name)
        one = FileRef(called, path)
        if parameter["array"]:
            held = values.setdefault(name, [])
            if not isinstance(held, list):
                raise InvalidInput("given twice: in the JSON and as a file", "/" + name)
            held.append(one)
        elif name in values:
            raise InvalidInput("given twice", "/" + name)
        else:
            values[name] = one


def place(value, extension):
    """The word for a file that a command is given: its own name in the work folder, where the command may write to it; or,
    where it is large, a path where it may not. `extension`: what the name has to end with."""
    file = file_of(value)
    name = _base_name(file.name)
    if extension and not name.lower().endswith(extension.lower()):
        name = name[: 200 - len(extension)] + extension
    path = getattr(file, "path", None)
    if path is not None and os.path.getsize(path) > COPIED and path.lower().endswith((extension or "").lower()):
        return path  # absolute, so never an option
    target = _free_path(name)
    try:
        if path is None:
            with open(target, "xb") as made:
                made.write(file.read())
        else:
            _copy(path, target)
    except OSError as error:
        raise InvalidInput("the file %r cannot be placed: %s" % (file.name, error.strerror)) from None
    word = os.path.basename(target)
    return word if _TAME.fullmatch(word) else "./" + word


def _copy(source, target):
    with open(source, "rb") as given, open(target, "xb") as made:
        for chunk in iter(lambda: given.read(_CHUNK), b""):
            made.write(chunk)


def standard_input(value):
    """A descriptor that standard input is read from."""
    if value is None:
        return os.open("/dev/null", os.O_RDONLY)
    if not isinstance(value, str):
        file = file_of(value)
        if getattr(file, "path", None) is not None:
            return os.open(file.path, os.O_RDONLY)
        value = file.read()
    handle = os.open("/tmp", os.O_TMPFILE | os.O_RDWR, 0o600)
    try:
        view = memoryview(value if isinstance(value, bytes) else value.encode("utf-8"))
    except UnicodeEncodeError:
        raise InvalidInput("holds a lone surrogate, which is no text") from None
    while view:
        view = view[os.write(handle, view) :]
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


def way_out(name):
    """The path at which a command leaves its file."""
    folder = os.path.join(os.getcwd(), _OUT)
    os.mkdir(folder, 0o700)
    return os.path.join(folder, name)
