import ctypes
import fcntl
import mmap
import os
import socket
import threading
import zlib

from .kernel_calls import call, libc, refused_all

GIB = 1 << 30


def _hog(_):
    held = []
    while True:
        held.append(bytearray(os.urandom(1) * (4 << 20)))


def _mapping(flags):
    def act(_):
        held = []
        for _ in range(64):
            area = mmap.mmap(-1, 64 << 20, flags=flags)
            for at in range(0, 64 << 20, 4096):
                area[at] = 1
            held.append(area)
        return len(held)

    return act


def _reserve(_):
    """Address space without memory: page tables cost, too."""
    libc.mmap.restype = ctypes.c_void_p
    for size in (1 << 46, 1 << 40, 8 * GIB, GIB):
        address = libc.mmap(None, ctypes.c_size_t(size), 3, 0x4022, -1, ctypes.c_long(0))  # MAP_NORESERVE
        if address not in (None, 2**64 - 1):
            return size
    raise OSError(12, "no room")


def _files_mapped(_):
    """A file on /tmp, larger than all there is, mapped shared."""
    handle = os.open("/tmp/mapped", os.O_RDWR | os.O_CREAT)
    os.ftruncate(handle, 16 << 20)
    held = []
    for _ in range(200):
        area = mmap.mmap(handle, 16 << 20)
        area[:: 1 << 20] = b"x" * 16
        held.append(area)
    return len(held)


def _shared(mark):
    return refused_all(
        [
            lambda: call("memfd_create", b"x", 0),
            lambda: call("memfd_secret", 0),
            lambda: call("shmget", 0, 1 << 20, 0o1600),
            lambda: os.open("/dev/shm/" + mark, os.O_CREAT | os.O_RDWR),
            lambda: os.open("/dev/mqueue/" + mark, os.O_CREAT | os.O_RDWR),
        ]
    )


def _lock(_):
    """Memory that cannot be paged out."""
    area = mmap.mmap(-1, 1 << 20)
    address = ctypes.addressof(ctypes.c_char.from_buffer(area))
    return refused_all(
        [
            lambda: call("mlock", address, 1 << 20),
            lambda: call("mlockall", 3),
            lambda: mmap.mmap(-1, 1 << 20, flags=0x22 | 0x2000),  # MAP_LOCKED
            lambda: mmap.mmap(-1, 2 << 20, flags=0x22 | 0x40000),  # MAP_HUGETLB
        ]
    )


def _bomb(_):
    """64 KiB that become 64 MiB, and that again and again."""
    packed = zlib.compress(bytes(64 << 20), 9)
    held = []
    while True:
        held.append(zlib.decompress(packed))


def _both(_):
    """As much on /tmp as there is room, and then as much memory."""
    try:
        with open("/tmp/full", "wb", 0) as file:
            while True:
                file.write(bytes(1 << 20))
    except OSError:
        pass
    _hog(_)


def _threads(_):
    threading.stack_size(64 << 20)
    held = []
    for _ in range(30):
        thread = threading.Thread(target=threading.Event().wait, daemon=True)
        thread.start()
        held.append(thread)
    return len(held)


def pipes():
    """MiB that the kernel holds for us in pipes and sockets."""
    held, total = [], 0
    try:
        while True:
            read, write = os.pipe()
            held.append((read, write))
            os.set_blocking(write, False)
            try:
                fcntl.fcntl(write, 1031, 1 << 20)  # F_SETPIPE_SZ
            except OSError:
                pass
            try:
                while True:
                    total += os.write(write, bytes(65536))
            except BlockingIOError:
                continue
    except OSError:
        pass
    while held:
        for handle in held.pop():
            os.close(handle)
    pairs = []
    try:
        while True:
            pair = socket.socketpair()
            pairs.append(pair)
            pair[0].setblocking(False)
            try:
                while True:
                    total += pair[0].send(bytes(65536))
            except BlockingIOError:
                continue
    except OSError:
        pass
    return total >> 20


def digits():
    """A number whose text takes for ever."""
    return len(str(10 ** (10**9)))


def in_processes(count, megabytes):
    """How many processes hold so much at one time."""
    ready, told = os.pipe()
    for _ in range(count):
        if os.fork() == 0:
            try:
                held = bytearray(b"x") * (megabytes << 20)
                os.write(told, b"+")
                while held:
                    libc.pause()
            finally:
                os._exit(0)
    os.close(told)
    seen = 0
    import select
    import time

    until = time.monotonic() + 3
    while seen < count and time.monotonic() < until:
        if select.select([ready], [], [], 0.1)[0]:
            data = os.read(ready, 100)
            if not data:
                break
            seen += len(data)
    return seen


ACTS = {
    "taking all there is": _hog,
    "mappings of one's own": _mapping(0x22),
    "shared mappings": _mapping(0x21),
    "address space without memory": _reserve,
    "files mapped again and again": _files_mapped,
    "memory shared beyond the call": _shared,
    "memory that stays": _lock,
    "a decompression bomb": _bomb,
    "/tmp and memory together": _both,
    "stacks of threads": _threads,
}
