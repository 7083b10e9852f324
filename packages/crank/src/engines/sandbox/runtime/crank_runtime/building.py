"""Builds packages from source distributions, with uv, in a sandbox whose only way out is the proxy to the package index.

The request is JSON::

    {"act": "resolve", "python", "requirements", "constraints", "environment", "seconds"}
    {"act": "build", "python", "requirement", "name", "environment", "seconds"}

The answer is a line of JSON ``{"code", "stderr", "files": [[name, length], ...]}``, then the files' bytes: the lock, or
the wheels that were found. Build scripts run as uv's children, with the variables below and nothing else.
"""

import glob
import json
import os
import subprocess

_UV = "/libs/0/uv"
_PLACE = "/tmp/work"
_SAID = 16 * 1024
_MOST = 300 * 2**20


def answer(request):
    asked = json.loads(request)
    environment = dict(os.environ, **asked["environment"])
    environment.update(UV_CACHE_DIR="/tmp/cache", UV_NO_CONFIG="1", UV_PYTHON_DOWNLOADS="never")
    if asked["act"] == "resolve":
        _write("requirements.in", asked["requirements"])
        _write("constraints.txt", asked["constraints"])
        arguments = ["pip", "compile", "requirements.in", "--generate-hashes", "--no-header", "--no-annotate"]
        arguments += ["--no-strip-extras", "--constraint", "constraints.txt", "--output-file", "lock.txt", "--quiet"]
        wanted = "lock.txt"
    else:
        _write("wanted.txt", [asked["requirement"]])
        arguments = ["pip", "install", "--target", "/tmp/out", "--no-deps", "--require-hashes", "--no-binary"]
        arguments += [asked["name"], "--requirement", "wanted.txt"]
        wanted = "/tmp/cache/sdists-*/**/*.whl"
    arguments += ["--python", asked["python"], "--color", "never", "--no-progress"]
    code, said = _run([_UV, *arguments], environment, asked["seconds"])
    files = [path for path in glob.glob(wanted, recursive=True) if os.path.isfile(path)] if code == 0 else []
    return _packed(code, said, files)


def _run(command, environment, seconds):
    with open("said.txt", "wb") as output:
        try:
            ended = subprocess.run(
                command, env=environment, cwd=_PLACE, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=seconds
            )
            code = ended.returncode
        except subprocess.TimeoutExpired:
            code = None
    with open("said.txt", "rb") as output:
        output.seek(max(0, os.fstat(output.fileno()).st_size - _SAID))
        return code, output.read().decode("utf-8", "replace")


def _packed(code, said, paths):
    names, contents, room = [], [], _MOST
    for path in sorted(paths)[:10]:
        with open(path, "rb") as source:
            content = source.read(room + 1)
        room -= len(content)
        if room < 0:
            said, names, contents = said + "\nThe wheel has more than 300 MiB.", [], []
            break
        names.append([os.path.basename(path), len(content)])
        contents.append(content)
    return b"".join([json.dumps({"code": code, "stderr": said, "files": names}).encode(), b"\n", *contents])


def _write(name, lines):
    with open(name, "w", encoding="utf-8") as target:
        target.write("\n".join(lines) + "\n")
