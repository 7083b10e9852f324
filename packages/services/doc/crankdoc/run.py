"""Starts a tool: no shell, nothing on standard input but what is given, bounded output, its own last line where it fails."""

import os
import subprocess
import tempfile

from .errors import BrokenFile, ToolFailed, TooMuch

#: Seconds. Less than a call may take, so that callers hear which tool it was.
MOST_SECONDS = 45
#: Bytes of what a tool prints.
MOST_PRINTED = 64 << 20
_SAID = 400


def run(path, *arguments, stdin=None, accept=(0,), environment=None):
    """What the tool prints. ``stdin``: bytes. Raises ToolFailed, TooMuch."""
    name = os.path.basename(path)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given:
        given.write(stdin or b"")
        given.seek(0)
        try:
            code = subprocess.run(
                [path, *map(os.fspath, arguments)],
                **{"stdin": given, "stdout": out, "stderr": err, "timeout": MOST_SECONDS, "check": False},
                env={**os.environ, **(environment or {})},
            ).returncode
        except subprocess.TimeoutExpired:
            raise ToolFailed("%s did not finish within %d seconds." % (name, MOST_SECONDS)) from None
        if code not in accept:
            raise ToolFailed(_why(name, code, _last_line(err) or _last_line(out)))
        if out.tell() > MOST_PRINTED or os.fstat(out.fileno()).st_size > MOST_PRINTED:
            raise TooMuch("%s printed more than %d MiB." % (name, MOST_PRINTED >> 20))
        out.seek(0)
        return out.read()


def made(path, by):
    """The file that a tool was to make. Raises BrokenFile where there is none, or nothing in it."""
    if not os.path.isfile(path) or os.path.getsize(path) == 0:
        raise BrokenFile("%s made nothing of this file: it is empty or damaged." % by)
    return path


def _why(name, code, said):
    if code < 0:
        return "%s was ended by signal %d on this file: it is damaged, or asks for more memory than a call has." % (name, -code)
    return "%s ended with status %d: %s" % (name, code, said or "it said nothing")


def _last_line(file):
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 16384))
    lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][-_SAID:] if lines else ""
