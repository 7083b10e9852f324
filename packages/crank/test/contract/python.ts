import { expect } from 'vitest';
import type { RuntimeAdapter } from './runtime.contract.ts';

const SOURCE = `
import ctypes, os, pathlib, socket, subprocess, time
from collections.abc import Iterator
from crank_platform import InvalidInput

def _be(mark): ctypes.CDLL(None).prctl(15, mark.encode(), 0, 0, 0)  # PR_SET_NAME

def echo(text: str) -> str: return text
def fail(): raise ValueError("no such thing")
def reject(): raise InvalidInput("no such row", "rows", 3, "a/b")
def crash(): os.kill(os.getpid(), 11)
def spin():
    while True: pass
def sleep(mark: str):
    _be(mark)
    time.sleep(3600)
def hog():
    kept = []
    while True: kept.append(bytearray(1 << 20))
def long(size: int) -> str: return "x" * size
def large(size: int) -> pathlib.Path:
    pathlib.Path("large.bin").write_bytes(bytes(size))
    return pathlib.Path("large.bin")
def fill(mebibytes: int) -> bool:
    with open("/tmp/big", "wb") as file:
        for _ in range(mebibytes): file.write(bytes(1 << 20))
    return True
def processes(count: int) -> int:
    started = []
    for _ in range(count): started.append(subprocess.Popen(["sleep", "3600"]))
    return len(started)
def shout(file: pathlib.Path) -> pathlib.Path:
    out = pathlib.Path("loud.txt")
    out.write_text(file.read_text(encoding="utf-8").upper(), encoding="utf-8")
    return out
def count(to: int) -> Iterator[int]: yield from range(1, to + 1)
def flood(mark: str) -> Iterator[str]:
    _be(mark)
    while True: yield "again" * 2000
def connect(port: int): socket.create_connection(("127.0.0.1", port), timeout=5)
def read(path: str) -> str:
    with open(path) as file: return file.read()
def leave(name: str) -> bool:
    for folder in (".", "/tmp"): open(os.path.join(folder, name), "w").close()
    return True
def look() -> list[str]: return os.listdir(".") + os.listdir("/tmp")
`;

const on =
  (service: string, operation: string) =>
  (json: object): { path: string; json: object } => ({ path: `${service}/${operation}`, json });

export const python: RuntimeAdapter = {
  name: 'python',
  deploy: async (node, bounds, short) => {
    for (const [name, limits] of [
      ['py', bounds],
      ['py-short', { ...bounds, wall: short }],
    ] as const) {
      const answer = await node.deploy(name, { 'main.py': SOURCE, 'crank.json': JSON.stringify({ limits }) });
      expect(answer.status, answer.text).toBe(201);
    }
  },
  failure: /ValueError.*no such thing/,
  does: {
    echo: on('py', 'echo'),
    refuse: () => ({ path: 'py/echo', json: { text: 7 } }),
    fail: on('py', 'fail'),
    reject: on('py', 'reject'),
    crash: on('py', 'crash'),
    spin: on('py', 'spin'),
    sleep: on('py-short', 'sleep'),
    hog: on('py', 'hog'),
    long: on('py', 'long'),
    large: on('py', 'large'),
    fill: on('py', 'fill'),
    processes: on('py', 'processes'),
    shout: ({ file: { name, text } }) => ({
      path: 'py/shout',
      json: { file: { name, base64: Buffer.from(text).toString('base64') } },
    }),
    count: on('py', 'count'),
    flood: on('py', 'flood'),
    connect: on('py', 'connect'),
    read: on('py', 'read'),
    leave: on('py', 'leave'),
    look: on('py', 'look'),
  },
};
