"""Huge pages for what the import left in memory: a fork copies one entry for 2 MiB instead of 512."""

import ctypes

_HUGE = 1 << 21
_MADV_COLLAPSE = 25  # Linux 6.1; older kernels refuse it, which costs nothing but time
_madvise = ctypes.PyDLL(None).madvise


def collapse():
    """Asks for it wherever whole huge pages are in use. Whatever the kernel refuses stays as it is."""
    with open("/proc/self/maps") as source:
        mappings = source.read().splitlines()
    for mapping in mappings:
        span, mode, _, _, inode, *name = mapping.split(None, 5)
        if mode != "rw-p" or inode != "0" or name not in ([], ["[heap]"]):
            continue
        begin, end = (int(part, 16) for part in span.split("-"))
        begin = -(-begin // _HUGE) * _HUGE
        for at in range(begin, end - _HUGE + 1, _HUGE):
            _madvise(ctypes.c_void_p(at), ctypes.c_size_t(_HUGE), _MADV_COLLAPSE)
