"""The bytes between host, zygote and children. All integers are little-endian.

A frame, in every direction::

    u32 length of what follows | u8 type | u32 id | body

``id`` is the call's number, or the warm channel's number where the type says so.

Host to zygote (descriptor 3) and host to warm child (its channel):

======== ========= ===========================================================================================
CALL     id call   LIMITS | u8 kind | u16 o | u32 f | u32 c | operation[o] | files[f] | context[c] | input[rest]
CANCEL   id call   empty: kill that child (zygote only)
ACK      id call   empty: one ITEM or CHUNK was taken in
SPAWN    id chan.  LIMITS: start the warm child of that channel (zygote only)
KILL     id chan.  empty: kill that warm child (zygote only)
WATCH    id chan.  u64 nanoseconds of CPU that the running call may still use; 0 ends the watch (zygote only)
======== ========= ===========================================================================================

``files`` is empty or JSON ``{"folder": "...", "files": [[parameter, name], ...]}``: file number i lies at
``/calls/{folder}/{i}/{name}``.

Zygote to host, and for ITEM, CHUNK and END also warm child to host:

=========== ========= ======================================================================================
READY       id 0      JSON ``{"python": "3.11.2", "threads": 1}``
LOAD_FAILED id 0      JSON ``{"message": "...", "findings": [...]}``
ITEM        id call   JSON text of one item of a stream
CHUNK       id call   bytes of a file result
END         id call   RESULT_HEAD | stdout | stderr | rest
SPAWNED     id chan.  empty
ENDED       id chan.  as END; cpu is the child's total
=========== ========= ======================================================================================

``rest`` by ``kind``: VALUE the JSON text; FILE ``{"name", "contentType"}``; STREAM empty; FAILED
``{"code", "detail", "exception"?, "pointer"?}``.

A fresh child gets its CALL frame from its zygote and answers in the same frames, with DONE in place of END: ``u8 kind |
u64 cpu ns of the process | u64 of it before the call | u64 peak bytes | rest``. The zygote sends it one byte per ACK.
"""

import struct

HEADER = struct.Struct("<IBI")
# wall ms, cpu ms, memory, output, file, tmp (bytes); subprocesses, threads
LIMITS = struct.Struct("<QQQQQQII")
CALL_HEAD = struct.Struct("<BHII")
# kind, cpu ns, peak bytes, truncated bytes, length of stdout, length of stderr
RESULT_HEAD = struct.Struct("<BQQQII")
DONE_HEAD = struct.Struct("<BQQQ")

CALL, CANCEL, ACK, SPAWN, KILL, WATCH = 1, 2, 3, 4, 5, 6
READY, LOAD_FAILED, ITEM, CHUNK, END, SPAWNED, ENDED, DONE = 1, 2, 3, 4, 5, 6, 7, 8
KIND_CALL, KIND_DESCRIBE = 0, 1
VALUE, FILE, STREAM, FAILED = 0, 1, 2, 3

# stdout and stderr are kept up to this many bytes each.
CAPTURE = 64 * 1024
# Frames and bytes that a stream or file result may have under way, unacknowledged. One frame is always allowed.
WINDOW_FRAMES = 8
WINDOW_BYTES = 256 * 1024
CHUNK_BYTES = 64 * 1024
# What a DONE frame may hold beyond the result itself: exception and traceback of a failure.
FAILURE_BYTES = 128 * 1024


class Limits:
    """The limits of one call, as the host decided them."""

    __slots__ = ("wall_ms", "cpu_ms", "memory", "output", "file", "tmp", "subprocesses", "threads")

    def __init__(self, data, offset=0):
        (
            self.wall_ms,
            self.cpu_ms,
            self.memory,
            self.output,
            self.file,
            self.tmp,
            self.subprocesses,
            self.threads,
        ) = LIMITS.unpack_from(data, offset)


def frame(kind, number, body=b""):
    return HEADER.pack(5 + len(body), kind, number) + body


def result(kind, cpu_ns, peak, truncated, out, err, rest):
    """Body of an END frame."""
    return b"".join((RESULT_HEAD.pack(kind, cpu_ns, peak, truncated, len(out), len(err)), out, err, rest))
