"""Workspaces of the running call, as its code sees them: environment variables, and `context.workspaces`.

Only fresh calls have any, so nothing is taken back: their process ends with them.
"""

import os

#: Paths by name; empty where the call has none.
given = {}


def variable(name):
    return "CRANK_WORKSPACE_" + name.upper().replace("-", "_")


def announce(paths):
    for name, path in paths.items():
        os.environ[variable(name)] = path
    given.update(paths)
