"""The child of `warm` isolation: isolates itself once, then answers calls one after the other on its own channel."""

import gc
import os
import resource
import stat
import sys

from crank_runtime import answer, channel, frames, fresh, inbox, isolate, secrets, tracing
from crank_runtime.channel import running
from crank_runtime.commandline import workfolder


def run(zygote, limits, channel, sync, output):
    """Never returns. ``sync`` tells the zygote that we are ready, and by its end of our death; ``output``: the files
    that take stdout and stderr."""
    try:
        try:
            loaded = zygote.loaded
            isolate.enter(limits.tmp, zygote.program("line"), (channel, sync), output)
            workfolder.link(loaded.data)
            if not loaded.stays:
                isolate.hide()  # what it starts is not it
            isolate.settle(None if limits.subprocesses else zygote.program("no-subprocess"))
            isolate.reseed()
            isolate.confine(limits, zygote.base, loaded.by_data)
            os.write(isolate.WORD, b"+")
        except BaseException as problem:
            os.write(sync, f"{type(problem).__name__}: {problem}".encode()[:1000])
            return
        gc.enable()
        _serve(loaded, bool(limits.subprocesses))
    finally:
        os._exit(0)


def _serve(loaded, with_children):
    source = running.inbox = inbox.Inbox(isolate.DATA)
    running.parent = os.getppid()
    counted, _ = _used(with_children)
    while True:
        number, body = source.next_call()
        request = answer.Request(body)
        running.number, running.limits = number, request.limits
        kind, rest = answer.perform(loaded, request, _sink())
        if request.files:
            secrets.withdraw()
            tracing.withdraw()
        del request, body
        answer.flush()
        channel.end()
        out, lost = _captured(1)
        err, more = _captured(2)
        now, peak = _used(with_children)
        end = frames.result(kind, now - counted, peak, lost + more, out, err, rest)
        counted = now
        isolate.write_all(isolate.DATA, frames.frame(frames.END, number, end))
        try:
            _tidy(loaded)
        except OSError:
            os._exit(fresh.ANSWERED)


def _used(with_children):
    cpu, peak = fresh.used()
    if with_children:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu += round((usage.ru_utime + usage.ru_stime) * 1e9)
    return cpu, peak


def _sink():
    window = fresh.Window(lambda: channel.opened().acknowledged())

    def sink(kind, data):
        window.admit(len(data))
        channel.opened().send(kind, data)

    return sink


def _captured(handle):
    """What the call printed to a descriptor, and how many bytes of it were cut."""
    size = os.fstat(handle).st_size
    if size == 0:
        return b"", 0
    data = os.pread(handle, frames.CAPTURE, 0)
    os.ftruncate(handle, 0)
    return data, size - len(data)


def _tidy(loaded):
    """The next call finds the work folder empty and current, and standard streams that work; all of /tmp is empty where
    nothing of the service is there to miss what it put there.

    Where that cannot be had, OSError: this process ends, and the next call gets another one.
    """
    try:
        os.chdir(isolate.WORK)
    except FileNotFoundError:
        os.makedirs(isolate.WORK)
        os.chdir(isolate.WORK)
    _empty(isolate.WORK)
    if not loaded.stays:
        _empty(isolate.TMP, os.path.basename(isolate.WORK))
    workfolder.link(loaded.data)
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__


def _empty(folder, kept=None):
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == kept:
                continue
            if entry.is_dir(follow_symlinks=False):
                _remove_tree(entry.path)
            else:
                os.unlink(entry.path)


def _remove_tree(folder):
    """shutil.rmtree without shutil, which brings compression libraries into every fork."""
    os.chmod(folder, 0o700)
    for root, folders, files, handle in os.fwalk(folder, topdown=False):
        for name in files:
            os.unlink(name, dir_fd=handle)
        for name in folders:
            about = os.stat(name, dir_fd=handle, follow_symlinks=False)
            if stat.S_ISLNK(about.st_mode):
                os.unlink(name, dir_fd=handle)
            else:
                os.rmdir(name, dir_fd=handle)
    os.rmdir(folder)
