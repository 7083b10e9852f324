"""A service with a network, whose calls want more of it than they were granted."""

import errno
import os
import socket
import ssl
import struct
import subprocess
import threading
import urllib.error
import urllib.request
from urllib.parse import urlsplit

kept = []


def fetch(url: str, ca: str = "") -> str:
    """As any script does it: what it needs is in the environment."""
    context = ssl.create_default_context(cadata=ca) if ca else None
    try:
        with urllib.request.urlopen(url, context=context, timeout=10) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as problem:
        return f"{problem.code} {problem.reason}"
    except urllib.error.URLError as problem:
        return str(problem.reason)


def _proxy():
    parts = urlsplit(os.environ["HTTP_PROXY"])
    link = socket.create_connection((parts.hostname, parts.port), timeout=10)
    return link, parts


def say(text: str, end: bool = False) -> str:
    """Bytes to the proxy, and all that it answers. TOKEN becomes the credentials of this call."""
    link, parts = _proxy()
    with link:
        link.sendall(text.replace("TOKEN", _basic(parts.password)).encode("latin-1"))
        return _rest(link)


def _basic(token):
    import base64

    return "Proxy-Authorization: Basic " + base64.b64encode(f"call:{token}".encode()).decode()


def _rest(link):
    read = b""
    while True:
        try:
            more = link.recv(65536)
        except TimeoutError:
            return read.decode("latin-1") + "..."
        except ConnectionError:
            return read.decode("latin-1") + "!"
        if not more:
            return read.decode("latin-1")
        read += more


def token() -> str:
    return urlsplit(os.environ["HTTP_PROXY"]).password


def variables() -> dict:
    """Those that services without a network do not have."""
    return {name: value for name, value in os.environ.items() if "proxy" in name.lower() or name.startswith("NODE_")}


def with_token(token: str, to: str) -> str:
    return say(f"CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{_basic(token)}\r\n\r\n")


def keep(to: str) -> str:
    """Opens a tunnel and leaves it open, for later calls of a warm process."""
    link, parts = _proxy()
    link.sendall(f"CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{_basic(parts.password)}\r\n\r\n".encode())
    kept.append(link)
    return link.recv(65536).decode().split("\r\n")[0]


def kept_one() -> str:
    """What a tunnel of an earlier call still does."""
    try:
        kept[0].sendall(b"still there?")
        return repr(kept[0].recv(100))
    except OSError as problem:
        return errno.errorcode[problem.errno]


def hoard(to: str, count: int) -> list[str]:
    """Opens tunnels until there are no more."""
    said = []
    for _ in range(count):
        try:
            said.append(keep(to)[:12])
        except OSError as problem:
            said.append(type(problem).__name__)
    return sorted(set(said))


def idle(count: int) -> str:
    """Opens connections to the proxy and says nothing on them."""
    for _ in range(count):
        kept.append(_proxy()[0])
    return "open"


def pump(to: str, count: int) -> str:
    """Sends as much as it is let."""
    link, parts = _proxy()
    link.sendall(f"CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{_basic(parts.password)}\r\n\r\n".encode())
    link.recv(65536)
    try:
        for _ in range(count):
            link.sendall(bytes(1 << 16))
            link.recv(1 << 16)
    except OSError:
        return "ended"
    return "sent all" if link.recv(1) else "ended"


def linger(to: str) -> None:
    """Goes on in a thread and a process after it has answered."""
    threading.Thread(target=keep, args=(to,)).start()
    subprocess.Popen(["python3", "-c", "import time; time.sleep(1000)"])


def attempt(act: str) -> str:
    try:
        return "it worked: %r" % (ACTS[act](),)
    except OSError as problem:
        return "refused: " + errno.errorcode.get(problem.errno, str(problem))


def _tcp(address):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as link:
        link.settimeout(10)
        link.connect(address)
        return address


def _listen():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.listen()


def _bind():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.bind(("127.0.0.1", 0))


def _accept():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.accept()


def _option(level, name, value=1):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as link:
        link.setsockopt(level, name, value)


def _shut_channel():
    socket.socket(fileno=os.dup(3)).shutdown(socket.SHUT_RDWR)


def _channel_option():
    socket.socket(fileno=os.dup(3)).setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 1, 0))


ACTS = {
    "a connection to the internet": lambda: _tcp(("1.1.1.1", 443)),
    "a connection to metadata": lambda: _tcp(("169.254.169.254", 80)),
    "a connection to another port of loopback": lambda: _tcp(("127.0.0.1", 7700)),
    "a connection to another address of loopback": lambda: _tcp(("127.0.0.2", 3128)),
    "a UDP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "a socket over IPv6": lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM),
    "a netlink socket": lambda: socket.socket(16, socket.SOCK_RAW, 0),
    "a packet socket": lambda: socket.socket(17, socket.SOCK_RAW, 0),
    "a socket by path": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "an MPTCP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262),
    "an SCTP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132),
    "asking a name server": lambda: socket.getaddrinfo("example.org", 443),
    "binding": _bind,
    "listening": _listen,
    "accepting": _accept,
    "another protocol over TCP": lambda: _option(socket.IPPROTO_TCP, 31, b"tls"),
    "an option of sockets": lambda: _option(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    "an option of IP": lambda: _option(socket.IPPROTO_IP, socket.IP_TTL),
    "a time limit on the channel": _channel_option,
    "shutting the channel down": _shut_channel,
}


def no_delay() -> str:
    _option(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    return "set"
