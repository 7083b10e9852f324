"""The trace that the running call is part of: environment variables of its process, as programs and OpenTelemetry's
libraries look for them (`TRACEPARENT`, `TRACESTATE`), and `context.traceparent`.

A platform's own, so that whatever the caller sent, nothing else can be set this way.
"""

import os

_VARIABLES = ("TRACEPARENT", "TRACESTATE")

#: By environment variable; empty where nobody traces.
given = {}


def announce(values):
    """Sets them for this call."""
    for name in _VARIABLES:
        if name in values:
            os.environ[name] = given[name] = values[name]


def withdraw():
    """Takes them out again, for a process that serves another call."""
    for name in given:
        os.environ.pop(name, None)
    given.clear()
