"""Loads the service and becomes its zygote."""

import gc
import json
import os
import sys

from crank_runtime import answer, children, errors, frames, fresh, isolate, service, zygote


def main(options):
    """``options``: code, entry, libs (folders), channels (descriptors), memory, tmp (bytes), subprocesses, spares
    (numbers), filters (two files)."""
    isolate.harden_zygote(options["memory"])
    filters = [isolate.load_filter(path) for path in options["filters"]]
    try:
        loaded = service.Service.load(options["code"], options["entry"])
    except errors.LoadError as problem:
        _refuse(str(problem), problem.findings)
        return
    answer.flush()
    os.set_blocking(zygote.HOST, False)
    channels = {index + 1: handle for index, handle in enumerate(options["channels"])}
    profile = children.Profile(options["tmp"], options["subprocesses"])
    made = zygote.Zygote(loaded, filters, channels, profile, options["spares"])
    # Children are copies made page by page when written to: the collector must not touch what was there before.
    gc.collect()
    gc.freeze()
    gc.disable()
    threads = len(os.listdir("/proc/self/task"))
    about = {"python": sys.version.split()[0], "threads": threads}
    made.send(frames.frame(frames.READY, 0, json.dumps(about).encode()))
    made.run()


def _refuse(message, findings):
    body = json.dumps({"message": message[:4000], "findings": findings[:100]}).encode()
    fresh.write_all(zygote.HOST, frames.frame(frames.LOAD_FAILED, 0, body))
