"""Loads a seccomp filter that refuses some system calls with EPERM, as container engines do, then becomes a command.

usage: filtered.py NAME,NAME,... COMMAND [ARGUMENT...]
"""

import ctypes
import os
import sys

lib = ctypes.CDLL("libseccomp.so.2")
lib.seccomp_init.restype = ctypes.c_void_p
lib.seccomp_init.argtypes = [ctypes.c_uint32]
lib.seccomp_rule_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint]
lib.seccomp_load.argtypes = [ctypes.c_void_p]
allow, refuse = 0x7FFF0000, 0x00050000 | 1  # SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(EPERM)
context = lib.seccomp_init(allow)
for name in sys.argv[1].split(","):
    number = lib.seccomp_syscall_resolve_name(name.encode())
    if lib.seccomp_rule_add(context, refuse, number, 0) != 0:
        raise SystemExit(f"no rule for {name}")
if lib.seccomp_load(context) != 0:
    raise SystemExit("the filter cannot be loaded")
os.execvp(sys.argv[2], sys.argv[2:])
