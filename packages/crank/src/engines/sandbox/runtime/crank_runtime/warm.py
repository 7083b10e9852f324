"""The child of `warm` isolation: isolates itself once, then answers calls one after the other on its own channel."""

import gc
import os
import resource
import stat
import sys

from crank_runtime import answer, channel, frames, fresh, isolate, secrets
from crank_runtime.commandline import workfolder


class Reader:
    """Frames from a blocking descriptor."""

    def __init__(self, handle):
        self.handle = handle
        self.buffer = bytearray()

    def next(self):
        """The next frame as (type, id, body). Ends the process when the host is gone."""
        while True:
            if len(self.buffer) >= frames.HEADER.size:
                length, kind, number = frames.HEADER.unpack_from(self.buffer)
                if len(self.buffer) >= 4 + length:
                    body = bytes(memoryview(self.buffer)[frames.HEADER.size : 4 + length])
                    del self.buffer[: 4 + length]
                    return kind, number, body
            data = os.read(self.handle, 1 << 18)
            if not data:
                os._exit(0)
            self.buffer += data


class Inbox:
    """Tells calls from acknowledgements: calls that arrive while another one streams wait here."""

    def __init__(self, reader):
        self.reader = reader
        self.calls = []

    def next_call(self):
        while True:
            if self.calls:
                return self.calls.pop(0)
            kind, number, body = self.reader.next()
            if kind == frames.CALL:
                return number, body

    def acknowledged(self, current):
        while True:
            kind, number, body = self.reader.next()
            if kind == frames.CALL:
                self.calls.append((number, body))
            elif number == current:
                return 1


def run(zygote, limits, channel, sync, output):
    """Never returns. ``sync`` tells the zygote that we are ready, and by its end of our death; ``output``: the files
    that take stdout and stderr."""
    try:
        try:
            loaded = zygote.loaded
            isolate.enter(limits.tmp, zygote.program("line"), (channel, sync), output)
            workfolder.link(loaded.data)
            isolate.settle(None if limits.subprocesses else zygote.program("no-subprocess"))
            isolate.reseed()
            isolate.confine(limits, zygote.base)
            os.write(isolate.WORD, b"+")
        except BaseException as problem:
            os.write(sync, f"{type(problem).__name__}: {problem}".encode()[:1000])
            return
        gc.enable()
        _serve(loaded, bool(limits.subprocesses))
    finally:
        os._exit(0)


def _serve(loaded, with_children):
    inbox = Inbox(Reader(isolate.DATA))
    counted, _ = _used(with_children)
    while True:
        number, body = inbox.next_call()
        request = answer.Request(body)
        way = channel.begin(number)
        kind, rest = answer.perform(loaded, request, _sink(inbox, way))
        if request.files:
            secrets.withdraw()
        del request, body
        answer.flush()
        way.close()
        out, lost = _captured(1)
        err, more = _captured(2)
        now, peak = _used(with_children)
        end = frames.result(kind, now - counted, peak, lost + more, out, err, rest)
        counted = now
        isolate.write_all(isolate.DATA, frames.frame(frames.END, number, end))
        try:
            _tidy(loaded.data)
        except OSError:
            os._exit(fresh.ANSWERED)


def _used(with_children):
    cpu, peak = fresh.used()
    if with_children:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu += round((usage.ru_utime + usage.ru_stime) * 1e9)
    return cpu, peak


def _sink(inbox, way):
    window = fresh.Window(lambda: inbox.acknowledged(way.number))

    def sink(kind, data):
        window.admit(len(data))
        way.send(kind, data)

    return sink


def _captured(handle):
    """What the call printed to a descriptor, and how many bytes of it were cut."""
    size = os.fstat(handle).st_size
    if size == 0:
        return b"", 0
    data = os.pread(handle, frames.CAPTURE, 0)
    os.ftruncate(handle, 0)
    return data, size - len(data)


def _tidy(data):
    """The next call finds the work folder empty and current, and standard streams that work.

    Where that cannot be had, OSError: this process ends, and the next call gets another one.
    """
    try:
        os.chdir(isolate.WORK)
    except FileNotFoundError:
        os.makedirs(isolate.WORK)
        os.chdir(isolate.WORK)
    with os.scandir(isolate.WORK) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _remove_tree(entry.path)
            else:
                os.unlink(entry.path)
    workfolder.link(data)
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__


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
