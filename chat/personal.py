"""A person's whole account as one ZIP."""

from __future__ import annotations

import hashlib
import json
import unicodedata
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from autonomy import services
from autonomy.services import Entry
from chat.models import Conversation, Message, MessageRole, Upload

README = """\
Your data from HandyWriterz.

account.json         who you are here
conversations/       what was said, as JSON and as Markdown to read
library/             your files as you uploaded them, and what is known of them
runs/                each run: what was asked, every event, sources, citations, costs,
                     and its document (Word, Markdown, BibTeX, and the stored form)
notes.json usage.json quota.json api_keys.json
models.json          your connections to language models (without keys) and your choices
manifest.json        every file here with its SHA-256, and what could not be included
"""
NAME_BYTES = 180
"""Longest name of one part of a path; file systems take 255 bytes."""


def write_archive(user: User, file: IO[bytes]) -> dict[str, Any]:
    """Write the archive to `file` and return its manifest. Holds one piece of one entry in memory
    at a time, and documents while they are rendered."""
    listed: list[dict[str, Any]] = []
    used: set[str] = set()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in _entries(user):
            name = _unused(_safe(entry.name), used)
            digest, size = hashlib.sha256(), 0
            with archive.open(name, "w", force_zip64=True) as out:
                for chunk in entry.content:
                    digest.update(chunk)
                    size += len(chunk)
                    out.write(chunk)
            line = {"name": name, "sha256": digest.hexdigest(), "bytes": size}
            listed.append(line | ({"problem": entry.problem} if entry.problem else {}))
        manifest = {
            "product": f"HandyWriterz {settings.VERSION}",
            "made_at": timezone.now().isoformat(),
            "account": user.email,
            "entries": listed,
        }
        archive.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
    return manifest


def _entries(user: User) -> Iterator[Entry]:
    yield Entry("README.txt", [README.encode()])
    account = {
        "email": user.email,
        "joined": user.date_joined.isoformat(),
        "last_login": user.last_login.isoformat() if user.last_login else None,
        "staff": user.is_staff,
    }
    yield _json("account.json", account)
    for conversation in Conversation.objects.filter(owner=user).order_by("id").iterator():
        messages = list(conversation.messages.order_by("created_at", "id"))
        folder = f"conversations/{conversation.pk}"
        yield _json(f"{folder}/conversation.json", _conversation(conversation, messages))
        yield Entry(f"{folder}/conversation.md", [_readable(conversation, messages).encode()])
    yield from services.personal_entries(user)


def _conversation(row: Conversation, messages: list[Message]) -> dict[str, Any]:
    uploads = Upload.objects.filter(conversation=row).order_by("created_at")
    return {
        "id": str(row.pk),
        "title": row.title,
        "created_at": row.created_at.isoformat(),
        "archived_at": row.archived_at.isoformat() if row.archived_at else None,
        "messages": [
            {
                "role": message.role,
                "text": message.text,
                "run_id": str(message.run_id) if message.run_id else None,
                "created_at": message.created_at.isoformat(),
            }
            for message in messages
        ],
        "files": [{"file_id": str(u.source_id), "name": u.file_name} for u in uploads],
    }


def _readable(row: Conversation, messages: list[Message]) -> str:
    said = [f"# {row}\n"]
    for message in messages:
        who = "You" if message.role == MessageRole.USER else "HandyWriterz"
        said.append(f"**{who}**, {message.created_at:%Y-%m-%d %H:%M} UTC\n\n{message.text}\n")
    return "\n".join(said)


def _json(name: str, content: Any) -> Entry:
    return Entry(name, [json.dumps(content, indent=2, ensure_ascii=False).encode()])


def _safe(name: str) -> str:
    """`name` with parts that every system can unpack, and none that climbs out of the folder."""
    parts = []
    for part in name.split("/"):
        kept = "".join(
            "_" if c in '<>:"\\|?*' or unicodedata.category(c)[0] == "C" else c for c in part
        )
        stem, dot, ending = kept.strip(" .").rpartition(".")
        ending = dot + ending if dot and len(ending) < 20 else ""
        stem = kept.strip(" .").removesuffix(ending)
        room = NAME_BYTES - len(ending.encode())
        parts.append((stem.encode()[:room].decode(errors="ignore") + ending) or "_")
    return "/".join(parts)


def _unused(name: str, used: set[str]) -> str:
    stem, dot, ending = name.rpartition(".")
    number = 1
    found = name
    while found.lower() in used:
        number += 1
        found = f"{stem}-{number}{dot}{ending}" if dot else f"{name}-{number}"
    used.add(found.lower())
    return found
