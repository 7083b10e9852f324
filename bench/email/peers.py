"""What Python's email package reads in the files that are named on standard input: a line of JSON for each."""

import email
import email.policy
import email.utils
import json
import sys


def addresses(message, name):
    return [one.addr_spec for field in message.get_all(name, []) for one in field.addresses if one.addr_spec]


def read(path):
    with open(path, "rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.default)
    date = message["date"].datetime if message["date"] else None
    plain = message.get_body(("plain",))
    markup = message.get_body(("html",))
    body = plain.get_content() if plain is not None else ""
    files = sum(1 for _ in message.iter_attachments()) if message.is_multipart() else 0
    return {
        "subject": str(message["subject"] or ""),
        "from": addresses(message, "from"),
        "to": addresses(message, "to"),
        "date": None if date is None else int(date.timestamp() * 1000),
        "text": body,
        "html": markup is not None,
        "attachments": files,
    }


for line in sys.stdin:
    try:
        print(json.dumps(read(line.strip())))
    except Exception as problem:
        print(json.dumps({"failed": "%s: %s" % (type(problem).__name__, problem)}))
