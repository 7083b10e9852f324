"""Node as the program that a call's process works with: how it is started, and the bytes between the two.

A frame, in both directions, little-endian::

    u32 length of what follows | u8 type | body

======= ============ ==================================================================================================
CALL    to Node      u32 m | u32 c | what to do (JSON)[m] | context (JSON)[c] | input (JSON)
READY   from Node    the module is imported; JSON of what its files are without types, where that is asked for
UNFIT   from Node    JSON ``{type, message, traceback, file?, line?, code?}``: the module cannot be imported
VALUE   from Node    JSON text of the result
ITEM    from Node    JSON text of one item of a stream
CHUNK   from Node    bytes of a file
FILE    from Node    JSON ``{name, contentType}``: the file is whole
STREAM  from Node    empty: the stream is whole
FAILED  from Node    JSON ``{code, detail, pointer?, exception?}``
PROGRESS from Node   JSON ``{fraction, message}``
ASK     from Node    u32 number | u16 t | name of an operation[t] | arguments (JSON)
ANSWER  to Node      u32 number | u8 whether it succeeded | JSON text
======= ============ ==================================================================================================

The module's code runs in that process and can write to the channel, as a Python script can to its own: nothing of what
comes is believed here or in the node.
"""

import _signal
import os
import resource
import struct

from .. import isolate

BINARY = "/node/bin/node"
BOOTSTRAP = "/node/runtime/main.js"
CHANNEL, SOURCES = 3, 4
HEAD = struct.Struct("<IB")
CALL, READY, UNFIT, VALUE, ITEM, CHUNK, FILE, STREAM, FAILED, PROGRESS, ASK, ANSWER = range(1, 13)
ASK_HEAD, ANSWER_HEAD = struct.Struct("<IH"), struct.Struct("<IB")

# V8 reserves address space in bulk, so that is no measure; RLIMIT_DATA counts what is writable. Of that Node 24 has 540 MiB
# when it starts and 570 with its threads, most of it the range for compiled code, which it does not touch.
RESERVED = 600 << 20
# Its own: V8's workers, the pool of libuv, and what watches for signals; besides the slot and the call's process.
THREADS = 10
_MIB = 1 << 20
_FLAGS = (
    "--v8-pool-size=1",  # threads that a call did not ask for would use CPU beside it
    "--disable-wasm-trap-handler",  # which reserves 8 GiB of address space for each memory, more than there may be
    "--disable-sigusr1",
    "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
    "--disable-warning=ExperimentalWarning",
)
_ENVIRONMENT = ("HOME", "TMPDIR", "PATH", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME")


def start(code_dir, entry, limits=None, program=None, sources=None):
    """(pid, descriptor) of a Node that imports the module and then waits. `limits`: of the call, or None for what the
    zygote has. `program`: the filter that forbids to start processes, where one is to be loaded. `sources`: what the
    first one said of the module's files (runtime/node/sources.ts)."""
    ours, theirs = isolate.pair()
    pid = os.fork()
    if pid == 0:
        try:
            _become(theirs, code_dir, entry, limits, program, sources)
        except BaseException as problem:
            os.write(2, ("Node cannot be started: %s\n" % problem).encode())
        finally:
            os._exit(127)
    os.close(theirs)
    return pid, ours


def _become(channel, code_dir, entry, limits, program, sources):
    os.dup2(channel, CHANNEL)
    os.closerange(CHANNEL + 1, 1024)
    if sources is not None:
        handle = isolate.unnamed_file()
        isolate.write_all(handle, sources)
        os.lseek(handle, 0, os.SEEK_SET)
        if handle == SOURCES:
            os.set_inheritable(handle, True)
        else:
            os.dup2(handle, SOURCES)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
    flags = list(_FLAGS)
    if limits is not None:
        flags.append("--max-old-space-size=%d" % max(16, limits.memory // _MIB))
        isolate.confine(limits, 1 << 62, threads=THREADS)  # of address space what the zygote may have
        resource.setrlimit(resource.RLIMIT_DATA, (RESERVED + limits.memory,) * 2)
    isolate.settle(program)
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    what = ["collect"] if sources is None else []
    os.execve(BINARY, [BINARY, *flags, BOOTSTRAP, os.path.join(code_dir, entry), *what], kept)


class Gone(Exception):
    """Node has closed its end: it has ended, or is about to."""


class Link:
    """Our end of the channel."""

    def __init__(self, handle):
        self.handle = handle

    def send(self, request, context, body):
        head = struct.pack("<II", len(request), len(context))
        length = 1 + len(head) + len(request) + len(context) + len(body)
        try:
            isolate.write_all(self.handle, b"".join((HEAD.pack(length, CALL), head, request, context, body)))
        except OSError:  # what it said before it ended is still to be read
            pass

    def answer(self, number, succeeded, text):
        """What came of an ask. In one piece under a lock of the caller's."""
        body = ANSWER_HEAD.pack(number, succeeded) + text
        try:
            isolate.write_all(self.handle, HEAD.pack(1 + len(body), ANSWER) + body)
        except OSError:
            pass

    def receive(self, most):
        """(type, body) of the next frame. The body is None, and its size in its place, where it has more than `most`
        bytes: (type, None, size). Raises Gone."""
        length, kind = HEAD.unpack(self._exactly(HEAD.size))
        if length - 1 > most:
            return kind, None, length - 1
        return kind, self._exactly(length - 1), length - 1

    def _exactly(self, size):
        whole = bytearray(size)
        view, at = memoryview(whole), 0
        while at < size:
            count = os.readv(self.handle, (view[at:],))
            if not count:
                raise Gone()
            at += count
        return bytes(whole)

    def close(self):
        os.close(self.handle)


