"""Uses its secrets in every way that one may."""

import base64
import ctypes
import gc
import hashlib
import os
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

from crank_platform import Context, crank_service

AT_IMPORT = os.environ.get("API_KEY")
KEPT = []


@crank_service(secrets=["API_KEY"])
def digest() -> dict:
    """What it was given, in a form that says nothing."""
    return {"sha256": hashlib.sha256(os.environ["API_KEY"].encode()).hexdigest(), "at_import": AT_IMPORT}


@crank_service(secrets={"DATABASE_PASSWORD": "db-password", "API_KEY": "API_KEY"})
def by_context(context: Context) -> list:
    return [hashlib.sha256(context.secrets[name].encode()).hexdigest() for name in ("API_KEY", "DATABASE_PASSWORD")]


@crank_service
def without() -> list:
    """Asks for none, and finds none: in its environment, in what it can read, among objects, in what was kept."""
    found = [name for name in os.environ if name in ("API_KEY", "DATABASE_PASSWORD")]
    for file in ("/proc/self/environ", "/proc/1/environ", "/proc/1/cmdline"):
        try:
            found += [file for text in (Path(file).read_bytes(),) if b"API_KEY" in text]
        except OSError:
            pass
    found += ["kept"] if KEPT else []
    found += ["objects" for one in gc.get_objects() if type(one) is dict and "API_KEY" in one and one is not globals()]
    return found


@crank_service(secrets=["API_KEY"])
def answered() -> dict:
    value = os.environ["API_KEY"]
    return {
        "plain": value,
        "in": f"<{value}>",
        value: 1,
        "encoded": [
            base64.b64encode(value.encode()).decode(),
            base64.b64encode(f"user:{value}".encode()).decode(),
            base64.urlsafe_b64encode(f"a{value}z".encode()).decode(),
            value.encode().hex(),
            urllib.parse.quote(value),
            urllib.parse.quote_plus(value),
            repr(value),
        ],
    }


@crank_service(secrets=["API_KEY"])
def raised() -> None:
    value = os.environ["API_KEY"]
    try:
        raise KeyError(value)
    except KeyError as problem:
        raise RuntimeError("x" * 1990 + value + base64.b64encode(value.encode()).decode()) from problem


@crank_service(secrets=["API_KEY"])
def printed(times: int = 1) -> int:
    for _ in range(times):
        print("out", os.environ["API_KEY"], dict(os.environ))
        print("err", os.environ["API_KEY"], file=sys.stderr)
        sys.stderr.write("." * 7)
    return times


@crank_service(secrets=["API_KEY"])
def printed_at_the_end() -> None:
    """What is kept of it ends in the middle of the secret."""
    sys.stdout.write("." * (65536 - 12) + os.environ["API_KEY"])


@crank_service(secrets=["API_KEY"])
def too_slow() -> None:
    print(os.environ["API_KEY"], flush=True)
    time.sleep(60)


@crank_service(secrets=["API_KEY"])
def crashed() -> None:
    os.write(2, os.environ["API_KEY"].encode())
    ctypes.string_at(0)


@crank_service(secrets=["API_KEY"])
def streamed():
    for n in range(3):
        yield {"n": n, "key": os.environ["API_KEY"]}
    raise ValueError(os.environ["API_KEY"])


@crank_service(secrets=["API_KEY"])
def wrong_schema() -> int:
    return {os.environ["API_KEY"]: os.environ["API_KEY"]}


@crank_service(secrets=["API_KEY"])
def wrong_value() -> set:
    class Odd:
        pass

    Odd.__qualname__ = os.environ["API_KEY"]
    return Odd()


@crank_service(secrets=["API_KEY"], content_type="text/plain")
def as_file() -> bytes:
    return b"x" * 1_048_570 + os.environ["API_KEY"].encode()


@crank_service(secrets=["API_KEY"])
def in_child() -> str:
    """What its own subprocess inherits."""
    return hashlib.sha256(subprocess.run(["printenv", "API_KEY"], capture_output=True, check=True).stdout.strip()).hexdigest()


@crank_service(secrets=["API_KEY"])
def kept() -> int:
    """A global of a warm process outlives the call, and no change of the secret."""
    KEPT.append(os.environ["API_KEY"])
    return len(set(KEPT))
