"""What a container engine starts: start_in_container.py, with OPTIONS (JSON, see crank_runtime/boot.py) on standard input.

Does what bubblewrap does elsewhere: fetches the descriptors that the host has for us, which an engine's command line does
not pass on, and loads the outer filter. Nothing of the service has run before both are done.
"""

import _socket
import fcntl
import json
import os
import sys

import start
from crank_runtime import isolate

_HOST = 3
_ASIDE = 512  # where descriptors wait until their places are free


def main():
    with open(0, closefd=False) as source:
        given = json.loads(source.readline())
    wanted = [_HOST, *(handle for line in given["channels"] for handle in line)]
    fetched = [_fetch(bytes.fromhex(given["secret"]), i) for i in range(len(wanted))]
    for target, source in zip(wanted, fetched):
        os.dup2(source, target)
        os.close(source)
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    # An engine adds variables of its own.
    for name in set(os.environ) - set(given["environment"]):
        del os.environ[name]
    os.mkdir(isolate.WORK, 0o700)
    os.chdir(isolate.WORK)
    isolate.filter_all(isolate.load_filter("/runtime/outer.bpf"))
    start.run(given)


def _fetch(secret, index):
    channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    channel.connect("/channels/socket")
    channel.sendall(secret + index.to_bytes(2, "little"))
    handle = fcntl.fcntl(channel.fileno(), fcntl.F_DUPFD, _ASIDE)
    channel.close()
    return handle


if __name__ == "__main__":
    main()
