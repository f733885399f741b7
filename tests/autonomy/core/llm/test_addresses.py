"""Addresses as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy.core.llm.addresses import BadAddress, normalise, origin


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("localhost:11434", "http://localhost:11434/v1"),
        (" http://localhost:11434/ ", "http://localhost:11434/v1"),
        ("http://127.0.0.1:8080/v1/chat/completions", "http://127.0.0.1:8080/v1"),
        ("http://[::1]:8080/api/tags", "http://[::1]:8080/v1"),
        ("http://localhost:1234/api/v0/models", "http://localhost:1234/v1"),
        ("api.example.com/openai/v1", "https://api.example.com/openai/v1"),
        ("https://api.example.com/openai", "https://api.example.com/openai/v1"),
        ("https://example.com/v1beta", "https://example.com/v1beta"),
        ("HTTP://Example.COM//v1//models?x=1#y", "http://example.com/v1"),
        ("gpu-box:8000", "http://gpu-box:8000/v1"),
    ],
)
def test_what_was_pasted_becomes_where_calls_start(typed: str, address: str) -> None:
    assert normalise(typed, "compatible") == address


def test_anthropics_dialect_starts_at_the_root() -> None:
    assert normalise("http://localhost:9/v1/messages", "anthropic") == "http://localhost:9"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ftp://example.com",
        "file:///etc/passwd",
        "gopher://example.com:70/_x",
        "http://",
        "http://user:secret@example.com",
        "http://example.com:99999",
        "http://exa mple.com",
        "http://example.com\r\nX-Evil: 1",
        "http://example.com\\@evil.example",
        "http://exämple.org",
        "http://a..b",
        "http://-x",
        "http://[::1",
        "x" * 501,
        "http://example.com/\x00",
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(BadAddress, match=r"^[A-Z].*\.$"):
        normalise(typed, "compatible")


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused_and_stays_what_it_became(text: str) -> None:
    try:
        address = normalise(text, "compatible")
    except BadAddress:
        return
    assert normalise(address, "compatible") == address
    assert not set(address) & set("\r\n @\\")


def test_an_origin_tells_hosts_and_ports_apart() -> None:
    assert origin("https://a.example/v1") == origin("https://a.example:443/other")
    assert origin("https://a.example/v1") != origin("http://a.example/v1")
    assert origin("https://a.example/v1") != origin("https://b.example/v1")
