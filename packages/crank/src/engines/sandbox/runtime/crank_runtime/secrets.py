"""Secrets of the running call: environment variables of its process, and `context.secrets`.

They come with the call, so that no process has any before: not the zygote, not the slot, not the module's import.
"""

import os

#: By environment variable; empty where the call asks for none.
given = {}
_before = {}


def announce(values):
    """Sets them for this call."""
    for name, value in values.items():
        _before[name] = os.environ.get(name)
        os.environ[name] = value
    given.update(values)


def withdraw():
    """Takes them out again, for a process that serves another call."""
    for name, value in _before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    _before.clear()
    given.clear()
