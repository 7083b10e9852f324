"""An argument vector from a template's groups and a call's values.

What it fills in comes from packaging (command-operations.ts)::

    {"groups": [{"needs": [name, ...], "words": [{"pieces": [text or {"parameter": name}, ...], "each": bool}]}],
     "parameters": {name: {"kind", "array", "default"?, "extension"?}}}

Words of a group are there when all that it needs is given, and true where it is a flag. Values were held against the
operation's schema by the gateway: what would become an option did not get here.
"""


def arguments(run, values):
    """The words behind the tool's name. `values` by parameter; of files, their paths."""
    parameters = run["parameters"]

    def of(name):
        value = values.get(name)
        return parameters[name].get("default") if value is None else value

    words = []
    for group in run["groups"]:
        if any(of(name) is None or of(name) is False for name in group["needs"]):
            continue
        for word in group["words"]:
            if word["each"]:
                words += [text(item) for item in of(word["pieces"][0]["parameter"]) or ()]
            else:
                pieces = [one if isinstance(one, str) else text(of(one["parameter"])) for one in word["pieces"]]
                words.append("".join(pieces))
    return words


def text(value):
    """A value as tools read it."""
    if isinstance(value, float):
        if value == int(value) and abs(value) < 1e15:
            return "%d" % value  # 2.0 is an integer in JSON, and -0.0 would begin with a dash
        return repr(value)
    return str(value)
