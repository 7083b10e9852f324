"""The folder that a call works in: the version's data files in it, what callers put there, and what the script leaves."""

import os
import re

from ..files import _base_name
from ..media import content_type_of

_SOURCES = (".py", ".pyc", ".pyi", ".ipynb", ".so")
_OF_PACKAGING = re.compile(
    r"(crank\.(json|ya?ml)|requirements.*\.(txt|in)|pyproject\.toml|setup\.cfg|.*\.lock|Pipfile|environment\.ya?ml|"
    r"README.*|LICEN[CS]E.*|\..*)$"
)
_MOST = 1000
_COPIED, _COPIED_ALL = 1 << 20, 4 << 20
_CHUNK = 1 << 20


def data_of(code_dir, entry):
    """(name, path) of the files and folders beside the script that are data: scripts open them relative to themselves,
    or to the folder that they are started in."""
    any_file = entry.startswith(".crank/")  # commands have no modules: what is there is theirs to read
    entry = entry.rpartition(".crank/")[2]
    folder = os.path.dirname(os.path.join(code_dir, entry))
    while folder != code_dir and os.path.exists(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)  # a package is started from the folder that it is in
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    found = [(name, os.path.join(folder, name)) for name in names[:_MOST] if not _OF_PACKAGING.match(name)]
    return [(name, path) for name, path in found if any_file or _has_data(path)]


def _has_data(path):
    if not os.path.isdir(path):
        return not path.endswith(_SOURCES)
    seen = 0
    for _, _, names in os.walk(path):
        if any(not name.endswith(_SOURCES) for name in names):
            return True
        seen += 1 + len(names)
        if seen > _MOST:
            return True
    return False


def link(data):
    """Puts the version's data into the current folder; calls see it there without paying for it."""
    for name, path in data:
        if not os.path.lexists(name):
            os.symlink(path, name)


def thaw(data):
    """Makes what was linked the call's own, as far as it is small: on a command line scripts may write to it."""
    left = _COPIED_ALL
    for name, path in data:
        if not os.path.islink(name):
            continue
        if os.path.isdir(path):
            _open_folder(name, path)
        elif os.path.getsize(path) <= min(_COPIED, left):
            left -= os.path.getsize(path)
            os.unlink(name)
            _copy(path, name)


def _open_folder(name, path):
    """A folder of its own with links to the files."""
    listed = list(os.walk(path))
    if sum(len(folders) + len(names) for _, folders, names in listed) > _MOST // 2:
        return
    os.unlink(name)
    for root, _, names in listed:
        inner = os.path.normpath(os.path.join(name, os.path.relpath(root, path)))
        os.mkdir(inner)
        for one in names:
            os.symlink(os.path.join(root, one), os.path.join(inner, one))


def _copy(source, target):
    with open(source, "rb") as given, open(target, "xb") as made:
        for chunk in iter(lambda: given.read(_CHUNK), b""):
            made.write(chunk)


def put(file, copied):
    """A file of the call under its own name: its name relative to the folder. `copied`: up to this size it is the call's
    own, a larger one is linked. A name with folders makes these."""
    parts = [part for part in re.split(r"[/\\]", file.name) if part not in ("", ".", "..")] or ["file"]
    parts = [_base_name(part) for part in parts]
    name = os.path.join(*parts)
    for at in range(1, len(parts)):
        folder = os.path.join(*parts[:at])
        if os.path.islink(folder) or not os.path.isdir(folder):
            if os.path.lexists(folder):
                os.unlink(folder)
            os.mkdir(folder)
    if os.path.isdir(name) and not os.path.islink(name):
        raise FileExistsError(name)
    if os.path.lexists(name):
        os.unlink(name)
    path = getattr(file, "path", None)
    if path is None:
        with open(name, "xb") as made:
            made.write(file.data)
    elif os.path.getsize(path) > copied:
        os.symlink(path, name)
    else:
        _copy(path, name)
    return name


def snapshot():
    """What shows of every file in the folder whether it was written to."""
    return {name: _state(about) for name, about in _walk()}


def changed(before):
    """(name, size, path) of the files that are new, or not as they were."""
    return [(name, about.st_size, name) for name, about in _walk() if before.get(name) != _state(about)]


def _state(about):
    return about.st_ino, about.st_size, about.st_mtime_ns


def _walk():
    for root, folders, names in os.walk("."):
        folders.sort()
        for name in sorted(names):
            path = os.path.normpath(os.path.join(root, name))
            try:
                about = os.lstat(path)
            except OSError:
                continue  # gone meanwhile: a thread of the script's
            if about.st_mode & 0o170000 == 0o100000:
                yield path, about


def result(name, size, path):
    """A file result in JSON."""
    import binascii

    with open(path, "rb") as file:
        data = file.read()
    encoded = binascii.b2a_base64(data, newline=False).decode("ascii")
    return {"name": name, "type": content_type_of(name), "size": len(data), "base64": encoded}
