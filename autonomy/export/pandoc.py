"""Run pandoc on trusted arguments and untrusted text: sandboxed, bounded in time and memory."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from typing import Any

import pypandoc

API_VERSION = (1, 23, 1)
"""Version of pandoc's JSON tree that `autonomy.export.nodes` builds (pandoc 3.x)."""

Node = dict[str, Any]
"""One element of pandoc's document tree: `{"t": type, "c": content}`."""

TIMEOUT_SECONDS = 60.0
_MEMORY = ("+RTS", "-M512M", "-RTS")
_NO_NETWORK = {f"{scheme}_proxy": "http://127.0.0.1:1" for scheme in ("http", "https")}
"""A proxy where nobody listens. The sandbox holds for readers and writers, not for citeproc."""


class PandocError(RuntimeError):
    """Pandoc refused, ran out of time or memory; the message carries its own words."""


@cache
def binary() -> str:
    """Path of the packaged pandoc."""
    return str(pypandoc.get_pandoc_path())


def run_pandoc(
    arguments: Sequence[str], text: str | bytes, *, timeout: float = TIMEOUT_SECONDS
) -> bytes:
    """What pandoc writes for `text` on its standard input.

    Pandoc runs in an empty working folder with `--sandbox`, so that neither reader nor writer
    opens any file beyond those named in `arguments`, and without a way to the network.

    Raises:
        PandocError: it failed, or needed more than `timeout` seconds or 512 MB.
    """
    data = text.encode() if isinstance(text, str) else text
    with tempfile.TemporaryDirectory(prefix="hw-pandoc-") as folder:
        try:
            done = subprocess.run(
                [binary(), "--sandbox", *arguments, *_MEMORY],
                input=data,
                capture_output=True,
                timeout=timeout,
                cwd=folder,
                env={"LANG": "C.UTF-8", "HOME": folder, **_NO_NETWORK},
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise PandocError(f"Formatting took longer than {timeout:g} seconds.") from error
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip()[:500]
        raise PandocError(f"Formatting failed (pandoc {done.returncode}): {words}")
    return done.stdout


def write_tree(blocks: list[Node], meta: Node, arguments: Sequence[str]) -> bytes:
    """Let pandoc write a document tree; `arguments` name the format (`-t …`) and its options."""
    tree = {"pandoc-api-version": list(API_VERSION), "meta": meta, "blocks": blocks}
    return run_pandoc(["-f", "json", *arguments], json.dumps(tree, ensure_ascii=False))
