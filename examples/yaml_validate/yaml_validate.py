"""Checks YAML files for what parsers let pass: duplicate keys, missing entries, values that are not what they seem."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, Optional

import yaml

# YAML 1.1 reads these plain words as booleans; Norway's country code is the well-known victim.
_BOOLEAN_WORDS = re.compile(r"(?:y|n|yes|no|on|off)\Z", re.IGNORECASE)
_SEXAGESIMAL = re.compile(r"[-+]?\d+(?::[0-5]?\d)+\Z")


class Finding(NamedTuple):
    """Something to look at. Lines count from 1."""

    level: Literal["error", "warning"]
    line: int
    path: str
    message: str


class Result(NamedTuple):
    """What a check found."""

    valid: bool
    documents: int
    findings: list[Finding]


def _key(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def _walk(node: Optional[yaml.Node], path: str) -> Iterator[Finding]:
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            here, line = _key(path, key.value), key.start_mark.line + 1
            if not isinstance(key.value, str):
                yield Finding("warning", line, path, "the key is not a scalar; JSON and most tools cannot hold it")
                continue
            if key.value in seen and key.value != "<<":
                yield Finding("error", line, here, f"the key is already on line {seen[key.value]}; the first is lost")
            seen.setdefault(key.value, line)
            yield from _walk(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _walk(item, f"{path}[{index}]")
    elif isinstance(node, yaml.ScalarNode) and node.style is None:
        line = node.start_mark.line + 1
        if _BOOLEAN_WORDS.match(node.value):
            yield Finding("warning", line, path, f"{node.value} is a boolean in YAML 1.1; quote it if it is a word")
        elif _SEXAGESIMAL.match(node.value):
            yield Finding("warning", line, path, f"{node.value} is a base-60 number in YAML 1.1; quote it")


def _present(data: Any, path: str) -> bool:
    for part in path.split("."):
        if not isinstance(data, dict) or part not in data:
            return False
        data = data[part]
    return data is not None


def validate(document: Path, required: Optional[list[str]] = None) -> Result:
    """Checks a YAML file.

    Args:
        document: A YAML file in UTF-8 with one or more documents.
        required: Entries that each document must have, as paths such as `metadata.name`.

    Returns:
        Whether it is free of errors, how many documents it has, and the findings in the order of their lines.
    """
    text = document.read_text(encoding="utf-8")
    findings: list[Finding] = []
    documents = 0
    try:
        for node in yaml.compose_all(text, Loader=yaml.SafeLoader):
            documents += 1
            findings += _walk(node, "")
        for data in yaml.safe_load_all(text):
            findings += [
                Finding("error", 1, path, "the entry is missing") for path in required or [] if not _present(data, path)
            ]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        findings.append(Finding("error", line, "", error.problem or "this is not YAML"))
    findings.sort(key=lambda finding: finding.line)
    return Result(all(finding.level != "error" for finding in findings), documents, findings)


def _main() -> None:
    import sys

    result = validate(Path(sys.argv[1]), sys.argv[2:])
    for finding in result.findings:
        print(f"{sys.argv[1]}:{finding.line}: {finding.level}: {finding.path}: {finding.message}")
    sys.exit(not result.valid)


if __name__ == "__main__":
    _main()
