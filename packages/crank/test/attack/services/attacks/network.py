import ctypes
import fcntl
import os
import socket
import struct

from .kernel_calls import call, libc, refused_all


def _open(family, kind=socket.SOCK_STREAM, protocol=0):
    return lambda _: call("socket", family, kind, protocol)


def _interfaces(request):
    """SIOCGIFCONF and its kin, on every descriptor that may be a socket of the host."""

    def ask(handle):
        buffer = ctypes.create_string_buffer(4096)

        class Conf(ctypes.Structure):
            _fields_ = [("length", ctypes.c_int), ("at", ctypes.c_void_p)]

        if request & 0xFFFFFFFF == 0x8912:
            conf = Conf(4096, ctypes.addressof(buffer))
            call("ioctl", handle, request, ctypes.byref(conf))
            return buffer.raw[: conf.length].hex()
        struct.pack_into("i", buffer, 16, 1)
        call("ioctl", handle, request, buffer)
        return buffer.raw[:32]

    return lambda _: refused_all([lambda handle=handle: ask(handle) for handle in range(3, 8)])


def _bind(address):
    """On a socket that came with a pair, since others cannot be made."""

    def act(mark):
        left, _ = socket.socketpair()
        left.bind(address(mark))
        return address(mark)

    return act


def _connect(address):
    def act(mark):
        left, _ = socket.socketpair()
        left.connect(address(mark))
        return address(mark)

    return act


def _pair(family, kind):
    return lambda _: call("socketpair", family, kind, 0, ctypes.create_string_buffer(8))


def _send_to(_):
    """A message to an abstract socket of the host, on the ends that we have."""
    left, _right = socket.socketpair()
    ends = [left, socket.socket(fileno=os.dup(3))]
    return refused_all([lambda end=end: end.sendto(b"x", "\0/tmp/.X11-unix/X0") for end in ends])


def _tcp_info(_):
    """A name server asked for an address, as libc does it."""
    try:
        return socket.getaddrinfo("example.com", 443)
    except socket.gaierror as problem:
        raise PermissionError(1, str(problem)) from None


def _peer(_):
    """A pidfd of the process at the channel's other end (SO_PEERPIDFD), and a signal for it."""
    channel = socket.socket(fileno=os.dup(3))
    (peer,) = struct.unpack("i", channel.getsockopt(socket.SOL_SOCKET, 77, 4))
    call("pidfd_send_signal", peer, 0, 0, 0)
    return "signalled"


def _peer_name(_):
    channel = socket.socket(fileno=os.dup(3))
    pid, uid, gid = struct.unpack("3i", channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if pid == 0:
        raise ProcessLookupError(3, "it has no number here")
    return pid, uid, gid


def _inet_over_channel(_):
    """The channel reopened as a file of its network namespace."""
    return refused_all(
        [
            lambda: os.open("/proc/self/fd/3", os.O_RDWR),
            lambda: _more_than("/proc/self/net/tcp", 1),
            lambda: _more_than("/proc/self/net/dev", 3),
            lambda: open("/sys/class/net/eth0/address").read(),
        ]
    )


def _more_than(path, lines):
    """One's own network has a loopback device and nothing else."""
    with open(path) as file:
        found = file.read().splitlines()
    if len(found) <= lines:
        raise FileNotFoundError(2, "nothing of the host")
    return found


def _set_netns(_):
    fcntl.ioctl(3, 0x894C)  # SIOCGSKNS: the network namespace of a socket
    return "got the host's network namespace"


VM_SOCKETS, PACKET, NETLINK, ALG, XDP, BLUETOOTH, CAN, TIPC = 40, 17, 16, 38, 44, 31, 29, 30

ACTS = {
    "a TCP socket": _open(socket.AF_INET),
    "a TCP socket over IPv6": _open(socket.AF_INET6),
    "a UDP socket": _open(socket.AF_INET, socket.SOCK_DGRAM),
    "a raw socket": _open(socket.AF_INET, socket.SOCK_RAW, 1),
    "a packet socket": _open(PACKET, socket.SOCK_RAW, 0x0300),
    "a netlink socket": _open(NETLINK, socket.SOCK_RAW),
    "a netfilter socket": _open(NETLINK, socket.SOCK_RAW, 12),
    "a vsock socket": _open(VM_SOCKETS),
    "a kernel crypto socket": _open(ALG, socket.SOCK_SEQPACKET),
    "sockets of rare families": lambda _: refused_all(
        [lambda f=f: call("socket", f, kind, 0) for f in range(46) for kind in (1, 2, 3, 5)]
    ),
    "a socket by path": _open(socket.AF_UNIX),
    "a socket of a family with high bits set": lambda _: refused_all(
        [lambda f=f: call("socket", f, 1, 0) for f in (2 | 1 << 32, 2 | 1 << 16, 1 | 1 << 63)]
    ),
    "a datagram pair": _pair(1, 2),
    "a sequenced pair": _pair(1, 5),
    "a pair of another family": _pair(2, 1),
    "binding an abstract name": _bind(lambda mark: "\0" + mark),
    "binding a path": _bind(lambda mark: "/tmp/" + mark),
    "connecting to the host's abstract sockets": _connect(lambda _: "\0/tmp/.X11-unix/X0"),
    "connecting to the container engine's socket": _connect(lambda _: "/var/run/docker.sock"),
    "sending to an address over a pair": _send_to,
    "asking a name server": _tcp_info,
    "the host's interfaces, asked of the channel": _interfaces(0x8912),
    "the host's hardware addresses, asked of the channel": _interfaces(0x8910),
    "the same with high bits set": _interfaces(0x8912 | 1 << 32),
    "the host's drivers, asked of the channel": _interfaces(0x8946),
    "the host's network namespace by the channel": _set_netns,
    "the host's network by files": _inet_over_channel,
    "signals to the gateway by the channel's peer": _peer,
    "the gateway's pid by the channel's peer": _peer_name,
    "joining another network": lambda _: call("setns", os.open("/proc/self/ns/net", os.O_RDONLY), 0x40000000),
    "a network of one's own": lambda _: call("unshare", 0x40000000),
}
assert libc
