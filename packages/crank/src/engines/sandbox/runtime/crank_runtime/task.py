"""Work of the platform's own on what is anybody's, once, in a sandbox of its own: reading a source, building a package.

The host speaks as to a zygote: LOAD when the process is where it is bounded, then TASK with the request; the answer is
DONE. What is answered is as good as what was worked on: the host believes none of it.
"""

import os
import resource

from crank_runtime import frames, isolate, zygote


def main(options):
    """``options``: task, memory (bytes), cpu (seconds), file (bytes), processes (0: something else bounds them), filters."""
    isolate.harden_zygote(options["memory"], options["processes"], isolate.load_filter(options["filters"]["task"]))
    isolate.hide()
    resource.setrlimit(resource.RLIMIT_CPU, (options["cpu"], options["cpu"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (options["file"], options["file"]))
    if options["task"] == "scan":
        from crank_runtime import scan as work
    elif options["task"] == "tools":
        from crank_runtime.command import tools as work
    else:
        from crank_runtime import building as work
    zygote.await_host()  # it may wait for long: the next of its kind is made ready before it is needed
    request = _request()
    isolate.write_all(zygote.HOST, frames.frame(frames.DONE, 0, work.answer(request)))
    os._exit(0)  # what a build left running ends with pid 1


def _request():
    length, kind, _ = frames.HEADER.unpack(_read(frames.HEADER.size))
    if kind != frames.TASK:
        os._exit(1)
    return _read(length + 4 - frames.HEADER.size)


def _read(length):
    data = bytearray()
    while len(data) < length:
        data += os.read(zygote.HOST, min(1 << 20, length - len(data))) or os._exit(0)
    return bytes(data)
