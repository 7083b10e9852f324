"""The way out of a sandbox whose service has a network: one listening socket, made in the sandbox's own network
namespace before anything of the service runs, and handed to the node, whose proxy accepts on it.

Nothing else listens in that namespace, and nothing can: the filters that come next refuse it. Of descriptors, Node takes
those that come as its own processes send them (lib/internal/child_process.js): a line of JSON with the descriptor, which
it answers with a line.
"""

import _socket
import array
import os
import sys

_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def hand_over(channel, port):
    """Listens on ``port`` of 127.0.0.1 and gives that to the node over ``channel``; both are closed afterwards."""
    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    link = _socket.socket(fileno=channel)
    rights = array.array("i", [listener.fileno()])
    link.sendmsg(
        [b'{"cmd":"NODE_HANDLE","type":"net.Native","msg":{}}\n'], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)]
    )
    answer = b""
    while not answer.endswith(b"\n"):
        answer += link.recv(1024) or os._exit(1)  # the node is gone
    link.close()
    listener.close()


def announce(proxy):
    """Tells the script's libraries of the proxy, with the credentials of this call."""
    for name in _VARIABLES:
        os.environ[name] = os.environ[name.lower()] = proxy
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = ""
    request = sys.modules.get("urllib.request")
    opener = getattr(request, "_opener", None)
    if opener is not None:  # urlopen keeps the proxies that it found when it was first used
        known = [handler for handler in opener.handlers if type(handler) is request.ProxyHandler]
        for handler in known:
            handler.__init__()
        if not known:
            opener.add_handler(request.ProxyHandler())
