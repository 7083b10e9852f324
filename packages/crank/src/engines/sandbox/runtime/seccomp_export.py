"""Writes the sandbox's seccomp filters as BPF programs: seccomp_export.py FOLDER.

Run once per node start, outside of any sandbox, by an interpreter of the system. libseccomp (2.5 or newer) knows the
syscall numbers and calling conventions of this machine's architecture, so nothing here is specific to one.

Filters stack and the strictest answer wins. So there are four layers:

* ``outer.bpf`` is loaded by bubblewrap and holds for the whole sandbox, the zygote included. It is an allow list:
  what nobody listed (a syscall of next year's kernel) does not exist (ENOSYS), what is forbidden on purpose is
  refused (EPERM).
* ``zygote.bpf`` is loaded by the zygote when it has set its limits, before anything of the service runs.
* ``line.bpf`` is loaded for every line (slot or warm process), when it has made its namespaces and mounts.
* ``outer-network.bpf``, ``zygote-network.bpf`` and ``line-network.bpf`` stand in for these where a service has a network:
  TCP clients over IPv4, in a network namespace where the platform's proxy is all there is. The socket that the proxy
  listens on is made between the first and the second.
* ``scan.bpf``, ``tools.bpf`` and ``build.bpf`` are loaded for work of the platform's own on what is anybody's (task.py): the
  first lets it start nothing, the last has what ``zygote-network.bpf`` has, all of them without namespaces and mounts.
* ``no-subprocess.bpf`` is loaded for every call of a service that may not start processes. It is short, because that is
  part of every call.
"""

import ctypes
import errno
import json
import os
import platform
import sys

ALLOW = """
access alarm arch_prctl brk capget capset chdir chmod chown clock_getres clock_gettime clock_nanosleep close close_range
copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd
eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2
fchown fchownat fcntl fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate
futex futex_waitv futimesat get_robust_list getcpu getcwd getdents getdents64 getegid geteuid getgid getgroups getitimer
getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid getrlimit getrusage getsid
getsockname getsockopt gettid gettimeofday getuid getxattr ioprio_get kill lchown lgetxattr link linkat listxattr
llistxattr lremovexattr lseek lsetxattr lstat madvise membarrier mincore mkdir mkdirat mknod mknodat mlock mlock2 mmap
mprotect mremap msync munlock munlockall munmap nanosleep newfstatat open openat openat2 pause pidfd_open
pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll prctl pread64 preadv preadv2 prlimit64
pselect6 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recvfrom recvmmsg recvmsg remap_file_pages
removexattr rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask
rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max
sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
sched_setaffinity sched_yield select sendfile sendmmsg sendmsg sendto set_robust_list set_tid_address setfsgid setfsuid
setgid setitimer setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setsockopt setuid setxattr
shutdown sigaltstack signalfd signalfd4 stat statfs statx symlink symlinkat sync_file_range sysinfo tgkill time
timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime
times tkill truncate umask uname unlink unlinkat utime utimensat utimes vfork wait4 waitid write writev
""".split()

# Refused by name, so that a script sees PermissionError instead of "not implemented".
REFUSE = """
accept accept4 acct add_key adjtimex bind bpf chroot clock_adjtime clock_settime connect delete_module fanotify_init
finit_module fsconfig fsmount fsopen fspick get_mempolicy init_module inotify_init inotify_init1 io_setup io_uring_enter
io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl listen lookup_dcookie mbind
memfd_create memfd_secret migrate_pages mlockall modify_ldt mount_setattr move_mount move_pages mq_getsetattr mq_notify
mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd name_to_handle_at open_by_handle_at open_tree
perf_event_open personality pidfd_getfd pivot_root process_madvise process_vm_readv process_vm_writev ptrace quotactl
quotactl_fd reboot request_key sched_setattr sched_setparam sched_setscheduler seccomp semctl semget semop semtimedop
set_mempolicy setdomainname setgroups sethostname setns settimeofday shmat shmctl shmdt shmget socket swapoff swapon
syslog umount2 unshare userfaultfd vhangup vmsplice
""".split()

ACT_ALLOW = 0x7FFF0000
ACT_KILL_PROCESS = 0x80000000
ATTR_BAD_ARCH = 2
ATTR_OPTIMIZE = 8
NE, EQ, MASKED_EQ = 1, 4, 7
PRIO_PROCESS = 0
AF_UNIX, SOCK_STREAM, SOCK_TYPE_MASK = 1, 1, 0xF
CLONE_THREAD = 0x00010000
# NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (sched.h)
CLONE_NAMESPACES = (0x80, 0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
CLONE_UNUSED = 0x02000000 | 0x04000000 | 0x08000000 | 0x40000000  # NEWCGROUP, NEWUTS, NEWIPC, NEWNET
MOUNT_FLAGS = (2 | 4 | 1024, 2 | 4 | 8)  # NOSUID, NODEV and NOATIME or NOEXEC: new ones, nothing bound or mounted anew
TERMINAL_INJECTION = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
# The second byte of SIOCGIFCONF and its kin is 0x89, of the wireless ones 0x8B. A value that has one of these bits
# otherwise than both of them is another request: (bit, what it is there).
NOT_OF_SOCKETS = ((0x8000, 0), (0x4000, 0x4000), (0x2000, 0x2000), (0x1000, 0x1000), (0x0800, 0), (0x0400, 0x0400))
NOT_OF_SOCKETS += ((0x0100, 0),)
RLIMIT_CORE = 4
NETWORK = ("bind", "connect", "listen", "setsockopt", "socket")
AF_INET, IPPROTO_TCP = 2, 6
# NODELAY, KEEPIDLE, KEEPINTVL, KEEPCNT, QUICKACK, USER_TIMEOUT. Others (TCP_ULP) reach rarely used parts of the kernel.
TCP_OPTIONS = (1, 4, 5, 6, 12, 18)


def refuse(number):
    return 0x00050000 | number


class Compare(ctypes.Structure):
    """struct scmp_arg_cmp of seccomp.h."""

    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def load_library():
    try:
        library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    except OSError as problem:
        sys.exit(f"libseccomp.so.2 cannot be loaded: {problem}")
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_release.argtypes = [ctypes.c_void_p]
    library.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
    library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.POINTER(Compare),
    ]
    library.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    return library


class Filter:
    def __init__(self, library, default):
        self.library = library
        self.context = library.seccomp_init(default)
        if not self.context:
            sys.exit("libseccomp: seccomp_init failed")
        # Calls by another architecture's convention (i386, x32) could slip past numbers of this one.
        self.check(library.seccomp_attr_set(self.context, ATTR_BAD_ARCH, ACT_KILL_PROCESS), "bad architecture")
        # A binary tree instead of a list of comparisons. Unknown before libseccomp 2.5: then a list it is.
        library.seccomp_attr_set(self.context, ATTR_OPTIMIZE, 2)

    def check(self, result, what):
        if result < 0:
            sys.exit(f"libseccomp: {what}: {os.strerror(-result)}")

    def add(self, action, name, *conditions):
        number = self.library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return  # not on this architecture, or newer than this libseccomp: stays at the default
        array = (Compare * len(conditions))(*conditions)
        added = self.library.seccomp_rule_add_array(self.context, action, number, len(conditions), array)
        self.check(added, f"rule for {name}")

    def export(self, path):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            self.check(self.library.seccomp_export_bpf(self.context, handle), f"export to {path}")
            os.fchmod(handle, 0o644)
        finally:
            os.close(handle)
            self.library.seccomp_release(self.context)


def outer(library, network=False):
    program = Filter(library, refuse(errno.ENOSYS))
    special = NETWORK if network else ()
    for name in ALLOW:
        if name not in special:
            program.add(ACT_ALLOW, name)
    for name in REFUSE:
        if name not in special:
            program.add(refuse(errno.EPERM), name)
    if network:
        for name in ("bind", "connect", "listen"):
            program.add(ACT_ALLOW, name)
        for protocol in (0, IPPROTO_TCP):
            stream = Compare(1, MASKED_EQ, SOCK_TYPE_MASK, SOCK_STREAM)
            program.add(ACT_ALLOW, "socket", Compare(0, EQ, AF_INET, 0), stream, Compare(2, EQ, protocol, 0))
        for option in TCP_OPTIONS:
            program.add(ACT_ALLOW, "setsockopt", Compare(1, EQ, IPPROTO_TCP, 0), Compare(2, EQ, option, 0))
    # Datagram pairs can still be addressed to an abstract socket; stream pairs cannot.
    program.add(
        ACT_ALLOW, "socketpair", Compare(0, EQ, AF_UNIX, 0), Compare(1, MASKED_EQ, SOCK_TYPE_MASK, SOCK_STREAM)
    )
    # Our channels were made in the network namespace of the host, and would tell of its interfaces and addresses.
    for bit, value in NOT_OF_SOCKETS:
        program.add(ACT_ALLOW, "ioctl", Compare(1, MASKED_EQ, bit, value))
    # Of namespaces and mounts, those that lines are made of (isolate.py), and no others.
    program.add(ACT_ALLOW, "clone", Compare(0, MASKED_EQ, CLONE_UNUSED, 0))
    for flags in MOUNT_FLAGS:
        program.add(ACT_ALLOW, "mount", Compare(3, EQ, flags, 0))
    # clone3 takes its flags by pointer, which a filter cannot read: glibc falls back to clone on ENOSYS (the default).
    return program


def zygote(library, network=False):
    program = Filter(library, ACT_ALLOW)
    if network:
        for name in ("bind", "listen"):
            program.add(refuse(errno.EPERM), name)
        # The outer filter knows no other socket; here they are refused, so that a script sees PermissionError.
        program.add(refuse(errno.EPERM), "socket", Compare(0, NE, AF_INET, 0))
        for kind in range(SOCK_TYPE_MASK + 1):
            if kind != SOCK_STREAM:
                program.add(refuse(errno.EPERM), "socket", Compare(1, MASKED_EQ, SOCK_TYPE_MASK, kind))
        program.add(refuse(errno.EPERM), "setsockopt", Compare(1, NE, IPPROTO_TCP, 0))
    # The limit on core dumps stands at the one value that keeps programs of the host (core_pattern) from running, too.
    program.add(refuse(errno.EPERM), "setrlimit", Compare(0, MASKED_EQ, 0xFFFFFFFF, RLIMIT_CORE))
    program.add(
        refuse(errno.EPERM), "prlimit64", Compare(1, MASKED_EQ, 0xFFFFFFFF, RLIMIT_CORE), Compare(2, NE, 0, 0)
    )
    return program


def task(library, network=False, starts=True):
    program = zygote(library, network)
    for name in ("mount", "capset"):
        program.add(refuse(errno.EPERM), name)
    for request in TERMINAL_INJECTION:
        program.add(refuse(errno.EPERM), "ioctl", Compare(1, MASKED_EQ, 0xFFFFFFFF, request))
    for flag in CLONE_NAMESPACES:
        program.add(refuse(errno.EPERM), "clone", Compare(0, MASKED_EQ, flag, flag))
    if not starts:
        start_nothing(program)
    return program


def line(library, network=False):
    program = Filter(library, ACT_ALLOW)
    # What is done to the channel that all calls of a slot share would outlast the call. It has no options of TCP.
    for name in ("mount", "capset", "shutdown") if network else ("mount", "capset", "setsockopt", "shutdown"):
        program.add(refuse(errno.EPERM), name)
    for request in TERMINAL_INJECTION:
        program.add(refuse(errno.EPERM), "ioctl", Compare(1, MASKED_EQ, 0xFFFFFFFF, request))
    for flag in CLONE_NAMESPACES:
        program.add(refuse(errno.EPERM), "clone", Compare(0, MASKED_EQ, flag, flag))
    # Limits, priority and CPUs of others (the slot has the same uid, and passes on what it has): one's own only.
    program.add(refuse(errno.EPERM), "prlimit64", Compare(0, NE, 0, 0))
    program.add(refuse(errno.EPERM), "sched_setaffinity", Compare(0, NE, 0, 0))
    program.add(refuse(errno.EPERM), "setpriority", Compare(0, NE, PRIO_PROCESS, 0))
    program.add(refuse(errno.EPERM), "setpriority", Compare(1, NE, 0, 0))
    return program


def no_subprocess(library):
    program = Filter(library, ACT_ALLOW)
    start_nothing(program)
    return program


def start_nothing(program):
    program.add(refuse(errno.EPERM), "clone", Compare(0, MASKED_EQ, CLONE_THREAD, 0))
    for name in ("fork", "vfork"):
        program.add(refuse(errno.EPERM), name)


def main():
    folder = sys.argv[1]
    library = load_library()
    outer(library).export(os.path.join(folder, "outer.bpf"))
    zygote(library).export(os.path.join(folder, "zygote.bpf"))
    line(library).export(os.path.join(folder, "line.bpf"))
    for make in (outer, zygote, line):
        make(library, network=True).export(os.path.join(folder, f"{make.__name__}-network.bpf"))
    task(library, starts=False).export(os.path.join(folder, "scan.bpf"))
    task(library).export(os.path.join(folder, "tools.bpf"))
    task(library, network=True).export(os.path.join(folder, "build.bpf"))
    no_subprocess(library).export(os.path.join(folder, "no-subprocess.bpf"))
    print(json.dumps({"machine": platform.machine()}))


if __name__ == "__main__":
    main()
