import type { BenchNode } from '../node.ts';

/** Scripts of every sort, as campaigns call them. Their answers are known: see `kinds.ts`. */
const FRESH = `import time

def add(a: int, b: int) -> int:
    return a + b

def wait(seconds: float) -> str:
    time.sleep(seconds)
    return "awake"

def burn(milliseconds: int) -> int:
    end = time.process_time() + milliseconds / 1000
    while time.process_time() < end:
        pass
    return milliseconds

def fail(message: str) -> None:
    raise ValueError(message)
`;

const FILES = `from pathlib import Path

def shout(path: Path) -> Path:
    target = Path("shouted.txt")
    target.write_text(path.read_text().upper())
    return target

def size(path: Path) -> int:
    return path.stat().st_size
`;

const STREAM = `import time
from typing import Iterator

def count(to: int, pause: float = 0) -> Iterator[int]:
    for i in range(to):
        time.sleep(pause)
        yield i
`;

const WARM = `import time

def add(a: int, b: int) -> int:
    return a + b

def wait(seconds: float) -> str:
    time.sleep(seconds)
    return "awake"
`;

const FAMILY = `import subprocess

def shell(text: str) -> str:
    return subprocess.run(["/bin/sh", "-c", "sleep 0.05; echo $0", text], capture_output=True, text=True, check=True).stdout.strip()
`;

/** Deploys the mixed services for the account whose headers are given. @param mark makes another version. @param wall short, so that what hangs is seen soon */
export const deployMixed = async (node: BenchNode, as = node.headers, mark = '', wall = '4s'): Promise<void> => {
  const version = mark === '' ? '' : `# ${mark}\n`;
  await node.deploy('fresh', version + FRESH, { limits: { wall } }, as);
  await node.deploy('files', version + FILES, { limits: { wall } }, as);
  await node.deploy('stream', version + STREAM, { limits: { wall } }, as);
  await node.deploy('warm', version + WARM, { isolation: 'warm', limits: { wall } }, as);
  await node.deploy('family', version + FAMILY, { limits: { wall, subprocesses: 4 } }, as);
};
