"""The bytes between host and sandbox. All integers are little-endian.

A frame, in every direction::

    u32 length of what follows | u8 type | u32 id | body

The zygote has a channel to the host (descriptor 3). Every *line* that it starts, a slot for fresh calls or a warm
process, has two more: ``data``, which the processes that run calls see, and ``word``, which they do not (a warm line
has ``data`` only). ``id`` is the call's number, a random one for fresh calls, or the line's where the type says so.

======== ==================== ===================================================================================
LOAD     host -> zygote       empty: import the service; its control group stands
CALL     host -> data         LIMITS | u8 kind | u16 o | u32 f | u32 c | operation[o] | files[f] | context[c] | input
ACK      host -> data         empty: one ITEM or CHUNK was taken in
KILL     host -> zygote       id line; empty: kill that line
KILL     host -> word         empty: kill the child of the running call
WATCH    host -> zygote, word u64 nanoseconds of CPU that the running call may still use; 0 ends the watch
SPAWN    host -> zygote       id line; LIMITS | nonce[16] | workspaces: start that line
ANSWER   host -> data         u32 ask | u8 1: the result, 0: a problem (RFC 9457) | JSON
TASK     host -> task         a request: scan.py and building.py describe theirs
======== ==================== ===================================================================================

``files`` is empty or JSON ``{"folder": "...", "files": [[parameter, name], ...]}``: file number i lies at
``/calls/{folder}/{i}/{name}``. A third member is what it was called, with folders. With ``"proxy": "http://..."``, alone or beside those, the call has a way out; with ``"secrets": {variable: value}`` it is given those,
with ``"workspaces": {name: path}`` those,
with ``"trace": {variable: value}`` it is told the trace that it is part of. ``workspaces`` of SPAWN is empty or the JSON that spaces.py describes.

=========== ================= ======================================================================================
READY       zygote -> host    JSON ``{"python": "3.11.2", "threads": 1}``
LOAD_FAILED zygote -> host    JSON ``{"message": "...", "findings": [...]}``
ITEM        data -> host      JSON text of one item of a stream
CHUNK       data -> host      bytes of a file result
PROGRESS    data -> host      f64 from 0 to 1, NaN: not known | message, UTF-8 of up to 1,000 bytes. Not acknowledged: one
                              more than a call may send ends it, so nothing piles up
ASK         data -> host      u32 number, one of the call's own | u16 n | name[n] of an operation of another service | JSON of
                              the arguments. At most ASKS of them wait for their ANSWER
WITHDRAW    data -> host      u32 number of an ask that is no longer wanted: its ANSWER comes the sooner
END         data -> host      RESULT_HEAD | stdout | stderr | rest
GONE        word -> host      as END: the call's process has ended. id 0: the slot has its next child ready. id 1: the
                              slot ends too
CHANGE      word -> host      JSON ``[[workspace, what, path, ...], ...]``: what an answered call changed, before its GONE.
                              what: folder (bool: nothing of before is in it), file (size, bool: executable), link
                              (target), removed, refused (why)
CONTENT     word -> host      bytes of the file that was told last
STARTED     zygote -> host    id line; u32 pid of it, as the zygote sees it
SPAWNED     zygote -> host    id line; empty (warm lines)
ENDED       zygote -> host    id line; as END; cpu is the line's total (warm lines)
DONE        task -> host      the answer
=========== ================= ======================================================================================

``rest`` by ``kind``: VALUE the JSON text; FILE ``{"name", "contentType"}``; STREAM empty; FAILED
``{"code", "detail", "exception"?, "pointer"?}``. In GONE and ENDED, VALUE with nothing: it ended as one that has answered.

A line is started anew on the channels of the one before it, which may have died in the middle of a frame. So a slot and
the host each skip what they find on ``data`` and ``word`` until they have read the nonce that the host chose for SPAWN
and sent on both, when it had put the slot in its control group; the slot sends it back.
"""

import struct

HEADER = struct.Struct("<IBI")
# wall ms, cpu ms, memory, output, file, tmp (bytes); subprocesses, threads
LIMITS = struct.Struct("<QQQQQQII")
# limits; kind, lengths of operation, files and context
CALL_HEAD = struct.Struct("<QQQQQQIIBHII")
# kind, cpu ns, peak bytes, truncated bytes, length of stdout, length of stderr
RESULT_HEAD = struct.Struct("<BQQQII")
# how much is done, in front of a message
FRACTION = struct.Struct("<d")
# number of the ask, length of the name; number of the ask, whether it succeeded
ASK_HEAD = struct.Struct("<IH")
ANSWER_HEAD = struct.Struct("<IB")
NONCE = 16

CALL, LOAD, ACK, SPAWN, KILL, WATCH, TASK, ANSWER = 1, 2, 3, 4, 5, 6, 7, 8
READY, LOAD_FAILED, ITEM, CHUNK, END, SPAWNED, ENDED, GONE, STARTED, DONE, PROGRESS, ASK, WITHDRAW = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
CHANGE, CONTENT = 14, 15
KIND_CALL, KIND_DESCRIBE = 0, 1
VALUE, FILE, STREAM, FAILED = 0, 1, 2, 3

# stdout and stderr are kept up to this many bytes each.
CAPTURE = 64 * 1024
# Bytes of a message about progress.
MESSAGE = 1000
# Asks of a call that may wait for their answers, and bytes of the name in one.
ASKS = 8
TARGET = 400
# Frames and bytes that a stream or file result may have under way, unacknowledged. One frame is always allowed.
WINDOW_FRAMES = 8
WINDOW_BYTES = 256 * 1024
CHUNK_BYTES = 64 * 1024


class Limits:
    """The limits of one call, as the host decided them."""

    __slots__ = ("wall_ms", "cpu_ms", "memory", "output", "file", "tmp", "subprocesses", "threads")

    def __init__(self, wall_ms, cpu_ms, memory, output, file, tmp, subprocesses, threads):
        self.wall_ms = wall_ms
        self.cpu_ms = cpu_ms
        self.memory = memory
        self.output = output
        self.file = file
        self.tmp = tmp
        self.subprocesses = subprocesses
        self.threads = threads


def frame(kind, number, body=b""):
    return HEADER.pack(5 + len(body), kind, number) + body


def result(kind, cpu_ns, peak, truncated, out, err, rest):
    """Body of an END frame."""
    return b"".join((RESULT_HEAD.pack(kind, cpu_ns, peak, truncated, len(out), len(err)), out, err, rest))
