"""A style that somebody brought must not make the formatter open a file or call an address."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from autonomy.export.pandoc import PandocError, run_pandoc
from autonomy.tools.csl.own import read_own
from autonomy.tools.csl.probe import probe

STYLE = """<style xmlns="http://purl.org/net/xbiblio/csl" xmlns:x="urn:x" class="in-text" version="1.0">
  <info><title>Mine</title><id>mine</id><updated>2026-01-01T00:00:00+00:00</updated>{link}</info>
  <citation><layout><text variable="title"/></layout></citation>
  <bibliography><layout><text variable="title"/></layout></bibliography>
</style>"""


@pytest.fixture
def calls() -> Iterator[tuple[str, list[str]]]:
    """An address of this machine, and the paths that were asked for there."""
    paths: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "link",
    [
        # Nothing stands after the last slash, so by its name this is no parent.
        '<link rel="independent-parent" href="{place}/"/>',
        # Pandoc looks at the local name only.
        '<x:link rel="independent-parent" href="{place}/other-namespace"/>',
        '<link x:rel="independent-parent" href="{place}/other-attribute"/>',
    ],
)
def test_no_parent_is_fetched(link: str, calls: tuple[str, list[str]]) -> None:
    place, paths = calls
    text = STYLE.format(link=link.format(place=place))
    probe(read_own(text.encode(), "own-parent"), 20)
    assert paths == []


def test_no_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret of the server")
    link = f'<x:link rel="independent-parent" href="{secret}"/>'
    style = read_own(STYLE.format(link=link).encode(), "own-file")
    assert b"secret.txt" not in style.text
    probe(style, 20)


def test_the_formatter_has_no_way_to_the_network(
    tmp_path: Path, calls: tuple[str, list[str]]
) -> None:
    place, paths = calls
    style = tmp_path / "parent.csl"
    style.write_text(STYLE.format(link=f'<link rel="independent-parent" href="{place}/up"/>'))
    with pytest.raises(PandocError):
        run_pandoc(["-f", "markdown", "-t", "plain", "--citeproc", "--csl", str(style)], "Words.")
    assert paths == []
