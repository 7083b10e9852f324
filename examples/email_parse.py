"""Reads email: one message with its attachments, or the table of contents of a whole mbox archive."""

import hashlib
import mailbox
import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Optional

_LINK = re.compile(r"https?://[^\s<>\"')\]]+[^\s<>\"')\].,;:!?]")


@dataclass
class Address:
    """A person or list as a header names them."""

    name: str
    email: str


@dataclass
class Attachment:
    """A file that travels with a message."""

    name: str
    type: str
    size: int
    sha256: str


@dataclass
class Message:
    """A message as its reader sees it."""

    subject: str
    sender: Optional[Address]
    to: list[Address]
    cc: list[Address]
    date: Optional[datetime]
    message_id: str
    in_reply_to: str
    text: str
    links: list[str]
    attachments: list[Attachment]


@dataclass
class Entry:
    """One line of an archive's table of contents."""

    date: Optional[datetime]
    sender: str
    subject: str
    attachments: int
    bytes: int


class _Text(HTMLParser):
    """Collects what an HTML body shows."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Optional[str]]]) -> None:
        self._hidden += tag in ("style", "script", "title")
        if tag in ("br", "p", "div", "tr", "li"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _addresses(message: EmailMessage, header: str) -> list[Address]:
    value = message.get(header)
    return [] if value is None else [Address(a.display_name, a.addr_spec) for a in value.addresses]


def _date(message: EmailMessage) -> Optional[datetime]:
    try:
        return parsedate_to_datetime(str(message["date"]))
    except (TypeError, ValueError):  # absent, or not a date
        return None


def _body(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    content = body.get_content()
    if body.get_content_subtype() == "html":
        reader = _Text()
        reader.feed(content)
        content = "".join(reader.parts)
    return content.replace("\r\n", "\n").strip()


def _attachment(part: EmailMessage) -> Attachment:
    content = part.get_payload(decode=True)
    if content is None:  # a message or a bundle of parts, attached whole
        content = b"".join(inner.as_bytes() for inner in part.get_payload())
    return Attachment(
        name=part.get_filename() or "",
        type=part.get_content_type(),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def parse(message: Path) -> Message:
    """Reads one email message.

    Args:
        message: A message file (.eml, RFC 5322).

    Returns:
        Its headers decoded, the text a reader sees, the links in it, and its attachments by digest.
    """
    with message.open("rb") as stream:
        mail = BytesParser(EmailMessage, policy=policy.default).parse(stream)
    sender, text = _addresses(mail, "from"), _body(mail)
    return Message(
        subject=str(mail.get("subject", "")),
        sender=sender[0] if sender else None,
        to=_addresses(mail, "to"),
        cc=_addresses(mail, "cc"),
        date=_date(mail),
        message_id=str(mail.get("message-id", "")),
        in_reply_to=str(mail.get("in-reply-to", "")),
        text=text,
        links=list(dict.fromkeys(_LINK.findall(text))),
        attachments=[_attachment(part) for part in mail.iter_attachments()],
    )


def contents(archive: Path) -> list[Entry]:
    """Lists the messages of an mbox archive, in the archive's order.

    Args:
        archive: An mbox file, as mail programs and Google Takeout export it.
    """
    box = mailbox.mbox(archive, create=False)
    entries = []
    for key in box.keys():
        raw = box.get_bytes(key)
        mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)
        sender = _addresses(mail, "from")
        entries.append(
            Entry(
                date=_date(mail),
                sender=sender[0].email if sender else "",
                subject=str(mail.get("subject", "")),
                attachments=sum(1 for _ in mail.iter_attachments()),
                bytes=len(raw),
            )
        )
    return entries


def _main() -> None:
    import sys

    path = Path(sys.argv[1])
    if path.suffix == ".mbox":
        for entry in contents(path):
            print(entry.date, entry.sender, entry.subject, sep="\t")
    else:
        print(parse(path))


if __name__ == "__main__":
    _main()
