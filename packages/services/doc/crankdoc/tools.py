"""The tools that there are on this node: looked for once, when the service is loaded."""

import json
import os

from .errors import ToolMissing

_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
with open(os.path.join(_FOLDER, "builtin.json"), encoding="utf-8") as _file:
    _KNOWN = json.load(_file)["tools"]

#: Path of each tool's file by its name, for those that are there.
FOUND = {
    name: path
    for name, about in _KNOWN.items()
    if (path := next((file for file in about["files"] if os.access(file, os.R_OK)), None))
}


def missing():
    """(name, package, what it gives) of what is not there."""
    return [(name, about["package"], about["gives"]) for name, about in _KNOWN.items() if name not in FOUND]


def unusable(name):
    """A tool that is there and does not work: its conversions go, and nothing else."""
    FOUND.pop(name, None)


def demand(*names):
    """Raises ToolMissing that says what to install."""
    for name in names:
        if name not in FOUND:
            about = _KNOWN[name]
            raise ToolMissing(
                "This needs %s, which is not installed on the node (package %s)." % (name, about["package"].split()[0])
            )


def program(name):
    """The path of a program of a tool, such as `pdftoppm` of poppler: beside the tool's own file."""
    return os.path.join("/usr/bin", name)
