"""Tracked changes of a Word file taken or refused, by another way than the one that wrote them."""

from __future__ import annotations

from typing import Any

from lxml import etree

from tests.files.drafts import members

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def body_of(data: bytes) -> Any:
    return etree.fromstring(members(data)["word/document.xml"])


def decided(data: bytes, author: str, *, accept: bool) -> Any:
    """The document's XML once every change of `author` is accepted, or rejected."""
    root = body_of(data)
    gone, kept = ("del", "ins") if accept else ("ins", "del")
    for name in (gone, kept):
        for element in list(root.iter(f"{W}{name}")):
            if element.get(f"{W}author") != author:
                continue
            parent, at = element.getparent(), element.getparent().index(element)
            if name == kept:
                for child in reversed(list(element)):
                    parent.insert(at, child)
            parent.remove(element)
    for text in root.iter(f"{W}delText"):
        if not any(a.tag == f"{W}del" for a in text.iterancestors()):
            text.tag = f"{W}t"
    return root


def texts(root: Any) -> list[str]:
    """What each paragraph shows, without what is deleted or stands in a box of its own."""
    found = []
    for paragraph in root.iter(f"{W}p"):
        if any(a.tag == f"{W}txbxContent" for a in paragraph.iterancestors()):
            continue
        words = []
        for node in paragraph.iter(f"{W}t", f"{W}tab", f"{W}br"):
            inside = {a.tag for a in node.iterancestors()}
            if f"{W}txbxContent" in inside or f"{W}del" in inside:
                continue
            words.append({f"{W}tab": "\t", f"{W}br": "\n"}.get(node.tag, node.text or ""))
        found.append("".join(words))
    return found


def skeleton(root: Any) -> list[str]:
    """Everything but the words, and how runs are cut: what a rewriting must not change."""
    found = []
    for element in root.iter():
        if element.tag in (f"{W}r", f"{W}t", f"{W}rPr") or any(
            a.tag == f"{W}rPr" for a in element.iterancestors()
        ):
            continue
        found.append(f"{element.tag} {sorted(element.attrib.items())}")
    return found
