import ctypes
import glob
import mmap
import os
import stat

from .kernel_calls import call, libc, refused_all

OTHERS = ("environ", "mem", "maps", "root/etc/shadow", "cwd", "fd/4", "fd/3", "ns/net", "oom_score_adj", "stack")
DEVICES = ("sda", "vda", "nvme0n1", "mem", "kmsg", "port", "tty", "ptmx", "pts/0", "fuse", "kvm", "net/tun", "loop0")
READ_ONLY = ("/", "/usr", "/usr/lib", "/usr/bin", "/code", "/runtime", "/calls", "/etc", "/dev", "/proc", "/proc/self", "/var")


def _read(*paths):
    return lambda _: refused_all([lambda path=path: open(path, "rb").read(64) for path in paths])


def _others(mark):
    pids = [pid for pid in range(1, 20) if pid != os.getpid()]
    return _read(*["/proc/%d/%s" % (pid, name) for pid in pids for name in OTHERS])(mark)


def _list(*paths):
    return lambda _: refused_all([lambda path=path: os.listdir(path) for path in paths])


def read_path(path):
    """A file of the host, by its name and by ways around it."""
    plain = [path, "/proc/self/root" + path, "/proc/self/cwd/../../" + path, "/../../../.." + path]
    ways = [lambda name=name: open(name, "rb").read(64) for name in plain]
    for handle in range(3, 16):
        ways.append(lambda h=handle: os.open("../" * 12 + path.lstrip("/"), os.O_RDONLY, dir_fd=h))
    return refused_all(ways)


def _write_anywhere(mark):
    return refused_all([lambda f=f: open(os.path.join(f, mark), "w").close() for f in READ_ONLY])


def change(path, skip=0):
    """Everything that can be done to a file that one may read; ``skip``: without writing to it."""
    ways = [
        lambda: open(path, "r+b"),
        lambda: os.open(path, os.O_WRONLY | os.O_TRUNC),
        lambda: os.truncate(path, 0),
        lambda: os.chmod(path, 0o777),
        lambda: os.chown(path, os.getuid(), os.getgid()),
        lambda: os.utime(path, (1, 1)),
        lambda: os.unlink(path),
        lambda: os.rename(path, path + "-gone"),
        lambda: os.link(path, os.path.join(os.path.dirname(path), "link")),
        lambda: os.symlink("/tmp", path + "-link"),
        lambda: os.setxattr(path, "user.mark", b"x"),
    ]
    return refused_all(ways[skip:])


def _link_out(mark):
    """A hard link in our folder to a file that is not ours."""
    return refused_all(
        [lambda s=s: os.link(s, "/tmp/" + mark) for s in ("/code/attacker.py", "/usr/bin/env", "/proc/self/exe")]
        + [lambda: os.link("/proc/self/fd/0", "/tmp/" + mark, follow_symlinks=True)]
    )


def _mapped_for_writing(_):
    """A file that we may only read, mapped shared and writable."""
    handle = os.open("/code/attacker.py", os.O_RDONLY)
    return refused_all(
        [
            lambda: mmap.mmap(handle, 512, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ | mmap.PROT_WRITE),
            lambda: _protect(handle),
        ]
    )


def _protect(handle):
    libc.mmap.restype = ctypes.c_void_p
    address = libc.mmap(None, ctypes.c_size_t(512), 1, 1, handle, ctypes.c_long(0))
    if libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(512), 3) != 0:
        raise OSError(ctypes.get_errno(), "mprotect")
    ctypes.memset(address, 0x78, 5)


def _devices_made(mark):
    def make(kind, major, minor):
        os.mknod("/tmp/" + mark, kind | 0o666, os.makedev(major, minor))
        return os.open("/tmp/" + mark, os.O_RDWR)

    block, char = stat.S_IFBLK, stat.S_IFCHR
    return refused_all([lambda k=k, a=a, b=b: make(k, a, b) for k, a, b in ((block, 8, 0), (block, 253, 0), (char, 1, 1), (char, 10, 200))])  # fmt: skip


def _interpreter(_):
    """CVE-2019-5736: the program that runs us, written to through /proc."""
    return refused_all(
        [
            lambda: os.open("/proc/self/exe", os.O_WRONLY),
            lambda: os.open("/proc/self/exe", os.O_RDWR | os.O_TRUNC),
            lambda: os.open(os.readlink("/proc/self/exe"), os.O_WRONLY),
        ]
    )


def _fill(mark):
    """All the space there is. Returns how much that was, in MiB."""
    written = 0
    try:
        with open("/tmp/" + mark, "wb", 0) as file:
            while written < 1000:
                file.write(bytes(1 << 20))
                written += 1
        return written
    except OSError as problem:
        try:
            for n in range(1000):
                with open("/tmp/%s%d" % (mark, n), "wb", 0) as file:
                    file.write(bytes(1 << 20))
                    written += 1
        except OSError:
            pass
        if written > 64:
            return written
        raise problem


def _fill_names(mark):
    n = 0
    try:
        while n < 1_000_000:
            os.close(os.open("/tmp/%s-%d" % (mark, n), os.O_CREAT | os.O_WRONLY))
            n += 1
    except OSError as problem:
        if n > 70_000:
            return n
        raise problem
    return n


def _huge(mark):
    def sparse(size):
        with open("/tmp/" + mark, "wb") as file:
            os.ftruncate(file.fileno(), size)
            return size

    def allocated(size):
        with open("/tmp/" + mark, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
            return size

    return refused_all([lambda s=s: sparse(s) for s in (1 << 40, 1 << 33, 17 << 20)] + [lambda: allocated(1 << 33)])


def _nested(mark):
    """Folders in folders, deeper than any recursion goes."""
    here = os.open("/tmp/work", os.O_RDONLY)
    for _ in range(3000):
        os.mkdir(mark, 0o700, dir_fd=here)
        deeper = os.open(mark, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper


def _locked_folders(mark):
    os.makedirs("/tmp/work/%s/a/b" % mark)
    open("/tmp/work/%s/a/b/c" % mark, "w").close()
    os.chmod("/tmp/work/%s/a/b" % mark, 0)
    os.chmod("/tmp/work/%s/a" % mark, 0)


def _swap_folder(mark):
    """The work folder taken away, and a link out of it in its place."""
    os.chdir("/")
    os.rename("/tmp/work", "/tmp/" + mark)
    os.symlink("/code", "/tmp/work")


def _inputs(_):
    """The folder of all calls' input files, by every way that might list it."""
    return refused_all(
        [
            lambda: os.listdir("/calls"),
            lambda: glob.glob("/calls/*/*")[0] if glob.glob("/calls/*/*") else os.listdir("/calls"),
            lambda: os.chmod("/calls", 0o777),
            lambda: os.open("/calls", os.O_RDONLY),
            lambda: os.listdir(os.open("/calls", os.O_PATH)),
            lambda: os.mkdir("/calls/mine"),
        ]
    )


def _reopen_channel(_):
    return refused_all([lambda h=h: os.open("/proc/self/fd/%d" % h, os.O_RDWR) for h in (3, 4, 5, 6, 7)])


ACTS = {
    "passwords of the host": _read("/etc/shadow", "/etc/sudoers", "/etc/ssh/ssh_host_rsa_key", "/etc/gshadow"),
    "settings of the host": _read("/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/etc/machine-id", "/etc/fstab"),
    "folders of the host": _list("/root", "/home", "/var", "/run", "/boot", "/mnt", "/opt", "/srv", "/media"),
    "other processes in /proc": _others,
    "the machine in /proc": _read(
        "/proc/cpuinfo", "/proc/meminfo", "/proc/version", "/proc/cmdline", "/proc/kcore", "/proc/kallsyms",
        "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/keys", "/proc/mounts/x", "/proc/config.gz",
    ),  # fmt: skip
    "/sys": _list("/sys", "/sys/kernel", "/sys/fs/cgroup", "/sys/class/net"),
    "shared memory of the host": _list("/dev/shm", "/dev/mqueue", "/dev/hugepages"),
    "devices of the host": lambda _: refused_all([lambda n=n: os.open("/dev/" + n, os.O_RDWR) for n in DEVICES]),
    "devices made": _devices_made,
    "writing anywhere": _write_anywhere,
    "changing the code": lambda _: change("/code/attacker.py"),
    "changing the runtime": lambda _: change("/runtime/line.bpf"),
    "changing the system": lambda _: change("/usr/bin/env"),
    "changing the interpreter": _interpreter,
    "changing devices": lambda _: change("/dev/null", 3),
    "mapping the code to write to it": _mapped_for_writing,
    "hard links to what is not ours": _link_out,
    "files of the slot by handle": lambda _: call("open_by_handle_at", -100, bytes(128), 0),
    "input files of other calls": _inputs,
    "the channel opened again": _reopen_channel,
    "filling /tmp": _fill,
    "filling /tmp with names": _fill_names,
    "huge and sparse files": _huge,
    "folders nested without end": _nested,
    "folders that cannot be entered": _locked_folders,
    "the work folder replaced by a link": _swap_folder,
}
