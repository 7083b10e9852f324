"""Files under names of our own: no tool ever meets a name that a caller chose."""

import os
import pathlib
import re
import tempfile


def folder():
    """A new folder, outside of the work folder, so that it is no result."""
    return pathlib.Path(tempfile.mkdtemp(prefix="doc-"))


def staged(file, extension):
    """The file as `in.EXTENSION` in a folder of its own: a link, nothing is copied."""
    path = folder() / ("in." + extension)
    os.symlink(os.path.realpath(file), path)
    return path


def result(file, extension, stem=None):
    """Where the result for a file goes: its own name with another extension, in the work folder."""
    stem = re.sub(r"[^\w .()+-]", "_", stem or pathlib.PurePath(file).stem).strip(". ") or "document"
    path = pathlib.Path.cwd() / ("%s.%s" % (stem[:120], extension))
    number = 2
    while os.path.lexists(path):
        path = path.with_name("%s-%d.%s" % (stem[:120], number, extension))
        number += 1
    return path


def deliver(path, file, extension, stem=None):
    """Moves what a tool made to where results are."""
    target = result(file, extension, stem)
    try:
        os.rename(path, target)
    except OSError:  # the work folder may be another file system
        target.write_bytes(pathlib.Path(path).read_bytes())
    return target
