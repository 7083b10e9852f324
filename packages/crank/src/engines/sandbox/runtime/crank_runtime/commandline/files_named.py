"""Which of a parser's strings name files, and whether they are read or written."""

import re

_FILE = frozenset(
    "file files filename filenames filepath filepaths path paths infile infiles inputfile inputfiles pathname pathnames "
    "textfile csvfile jsonfile xmlfile pdffile zipfile tarfile imagefile logfile configfile datafile srcfile".split()
)
_OUT = frozenset("out output outfile outfiles outputfile outputfiles outpath dest destination save saveto export".split())
_THINGS = frozenset(
    "input inputs source sources src image images img picture photo csv json xml yaml toml pdf archive document doc data "
    "dataset config template log script notebook spreadsheet db database wordlist text infn fn fname".split()
)
_NOT = frozenset(
    "dir dirs directory directories folder folders format encoding type mode ext extension extensions suffix prefix size "
    "pattern glob delimiter separator sep count number num name level url uri regex column field key".split()
)
_HELP = re.compile(
    r"^\W*(?:optional\W+)?(?:(?:the|an?|your|one or more|list of|name of|names of|path to|paths to|path of|path|input|source)\W+)*"
    r"(?:[\w.]+\W+){0,4}(?:input )?(?:file(?:name)?s?|path)\b",
    re.IGNORECASE,
)


def tokens(name):
    """The words of a name: `inputFile`, `input-file` and `INPUT_FILE` have the same two."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", str(name))
    return [part for part in re.split(r"[^a-z0-9]+", spaced.lower()) if part]


def role(name, metavar, help_text, flags, evidence):
    """"in", "out" or None: what a string of that name is to the script, as far as that is evident."""
    spelled = [tokens(name), tokens(metavar or "")] + [tokens(flag.lstrip("-")) for flag in flags if flag.startswith("--")]
    words = {word for some in spelled for word in some}
    if name in evidence.written:
        return "out"
    if not flags and set(spelled[1]) & _FILE and not set(spelled[1]) & _OUT:  # a positional shown as FILE
        return "in"
    if words & _OUT:
        return "out"
    if name in evidence.opened:
        return "in"
    if any(some and some[-1] in _NOT for some in spelled[:1]) or spelled[1][-1:] and spelled[1][-1] in _NOT:
        return None
    if words & _FILE and not words & _NOT:
        return "in"
    says_file = bool(help_text and _HELP.match(help_text))
    if says_file and (words & _THINGS or not flags):
        return "in"
    return None
