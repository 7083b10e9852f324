"""The entry points that a project declares: `[project.scripts]` of pyproject.toml, or `console_scripts` of setup.cfg."""

import os
import re

_LINE = re.compile(r"""^\s*["']?([A-Za-z0-9][\w.-]*)["']?\s*=\s*["']?([\w.]+):([\w.]+)(?:\s*\[.*\])?["']?\s*(?:#.*)?$""")
_TABLES = ("[project.scripts]", "[tool.poetry.scripts]")


def points(code_dir):
    """{name: (module, function)} of those whose module is in the source, in their order."""
    found = {}
    for name, module, function in [*_toml(code_dir), *_cfg(code_dir)]:
        path = module.replace(".", "/")
        for folder in ("", "src/"):
            for file in (path + ".py", path + "/__init__.py"):
                if os.path.isfile(os.path.join(code_dir, folder + file)):
                    found.setdefault(name, (module, function))
    return found


def _read(code_dir, name):
    try:
        with open(os.path.join(code_dir, name), encoding="utf-8") as file:
            return file.read(1 << 20).splitlines()
    except (OSError, ValueError):
        return []


def _toml(code_dir):
    inside = False
    for line in _read(code_dir, "pyproject.toml"):
        if line.lstrip().startswith("["):
            inside = line.strip().replace(" ", "") in _TABLES
        elif inside:
            match = _LINE.match(line)
            if match:
                yield match.groups()


def _cfg(code_dir):
    inside = False
    for line in _read(code_dir, "setup.cfg"):
        if not line[:1].isspace():
            inside = inside and not line.strip()
        if re.match(r"\s*console_scripts\s*=", line):
            inside = True
        elif inside:
            match = _LINE.match(line)
            if match:
                yield match.groups()
