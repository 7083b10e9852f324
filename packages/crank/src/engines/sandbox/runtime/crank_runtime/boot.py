"""Loads the service and becomes its zygote."""

import gc
import json
import os
import sys

from crank_runtime import answer, errors, frames, huge, isolate, rehearsal, service, zygote
from crank_runtime.commandline import workfolder


def main(options):
    """``options``: code, entry, libs (folders), channels (the descriptors of each line), memory (bytes), processes (of all
    lines; 0: something else bounds them), filters (name: file), namespaces (whether lines have some of their own)."""
    filters = {name: isolate.load_filter(path) for name, path in options["filters"].items()}
    isolate.harden_zygote(options["memory"], options["processes"], filters["zygote"])
    if not options["namespaces"]:
        isolate.share_namespaces()
    rehearsal.rehearse()
    zygote.await_host()
    data = workfolder.data_of(options["code"], options["entry"])
    workfolder.link(data)
    try:
        loaded = service.Service.load(options["code"], options["entry"])
        loaded.data = data
    except errors.LoadError as problem:
        _refuse(str(problem), problem.findings)
        return
    answer.flush()
    made = zygote.Zygote(loaded, filters, options["channels"])
    # Children are copies made page by page when written to: the collector must not touch what was there before.
    gc.collect()
    gc.freeze()
    gc.disable()
    huge.collapse()
    threads = len(os.listdir("/proc/self/task"))
    about = {"python": sys.version.split()[0], "threads": threads}
    made.send(frames.frame(frames.READY, 0, json.dumps(about).encode()))
    made.run()


def _refuse(message, findings):
    body = json.dumps({"message": message[:4000], "findings": findings[:100]}).encode()
    isolate.write_all(zygote.HOST, frames.frame(frames.LOAD_FAILED, 0, body))
