"""System calls by number, for x86-64 and arm64, so that no library stands between an attack and the kernel."""

import ctypes
import errno
import os

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
MACHINE = os.uname().machine

NUMBERS = {  # name: (x86-64, arm64)
    "socket": (41, 198), "socketpair": (53, 199), "bind": (49, 200), "connect": (42, 203), "listen": (50, 201),
    "clone": (56, 220), "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "personality": (135, 92),
    "modify_ldt": (154, None), "kexec_load": (246, 104), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "seccomp": (317, 277), "memfd_create": (319, 279), "shmget": (29, 194),
    "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "mknodat": (259, 33), "quotactl": (179, 60), "swapon": (167, 224),
    "reboot": (169, 142), "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "acct": (163, 89), "syslog": (103, 116),
    "iopl": (172, None), "ioperm": (173, None), "vhangup": (153, 58), "fanotify_init": (300, 262),
    "inotify_init1": (294, 26), "kcmp": (312, 272), "mbind": (237, 235), "migrate_pages": (256, 238),
    "move_pages": (279, 239), "set_mempolicy": (238, 237), "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274), "ioprio_set": (251, 30), "setgroups": (116, 159), "vmsplice": (278, 75),
    "splice": (275, 76), "tee": (276, 77), "prlimit64": (302, 261), "setpriority": (141, 140),
    "sched_setaffinity": (203, 122), "rt_sigqueueinfo": (129, 138), "setuid": (105, 146), "setresuid": (117, 147),
    "capset": (126, 91), "mlock": (149, 228), "mlockall": (151, 230), "setsockopt": (54, 208),
    "shutdown": (48, 210), "timer_create": (222, 107), "execveat": (322, 281), "ioctl": (16, 29),
    "prctl": (157, 167), "setrlimit": (160, 164), "sendfile": (40, 71), "io_setup": (206, 0), "uselib": (134, None),
    "lookup_dcookie": (212, 18), "pidfd_send_signal": (424, 424), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "pidfd_open": (434, 434), "clone3": (435, 435), "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440), "mount_setattr": (442, 442), "memfd_secret": (447, 447),
    "process_mrelease": (448, 448), "statmount": (457, 457), "listmount": (458, 458),
}  # fmt: skip


def number(name):
    found = NUMBERS[name][0 if MACHINE == "x86_64" else 1]
    if found is None:
        raise OSError(errno.ENOSYS, "not on this architecture")
    return found


def raw(which, *arguments):
    """A system call by its number: what it returned. Raises OSError."""
    given = [ctypes.c_long(part) if isinstance(part, int) else part for part in arguments]
    result = libc.syscall(ctypes.c_long(which), *given)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def call(name, *arguments):
    return raw(number(name), *arguments)


def refused_all(acts):
    """Does each of some acts; raises the OSError of the first that was refused, if all were."""
    problems = []
    for act in acts:
        try:
            result = act()
        except OSError as problem:
            problems.append(problem)
        else:
            return result
    raise problems[0]
