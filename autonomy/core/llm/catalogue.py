"""The providers and roles that there are, and what is to be known of each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Provider:
    """A kind of server that a connection may be to."""

    title: str
    key_help: str
    """Where a key is to be had."""
    example_model: str
    """What is tried where nobody named a model, and shown as an example."""
    home: str = ""
    """Its own address; empty for servers of one's own, whose address has to be given."""
    takes_address: bool = True
    """Whether another address than its own may be given."""
    dialects: tuple[str, ...] = ()
    """Prefixes of model strings that say how it is to be spoken to."""
    called: str = ""
    """Its name within a sentence, where that is not its title."""

    @property
    def name(self) -> str:
        return self.called or self.title

    @property
    def needs_address(self) -> bool:
        return not self.home

    @property
    def needs_key(self) -> bool:
        """Whether it answers nobody without a key, at its own address."""
        return bool(self.home)


PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {
        "openai": Provider(
            title="OpenAI",
            key_help="Make one at platform.openai.com, API keys.",
            example_model="gpt-5-mini",
            home="https://api.openai.com/v1",
            dialects=("openai-chat", "openai-responses"),
        ),
        "anthropic": Provider(
            title="Anthropic",
            key_help="Make one at console.anthropic.com, API keys.",
            example_model="claude-haiku-4-5",
            home="https://api.anthropic.com",
        ),
        "google": Provider(
            title="Google",
            key_help="Make one at aistudio.google.com, API keys.",
            example_model="gemini-2.5-flash",
            home="https://generativelanguage.googleapis.com",
            takes_address=False,
        ),
        "openrouter": Provider(
            title="OpenRouter",
            key_help="Make one at openrouter.ai, Keys.",
            example_model="openai/gpt-5-mini",
            home="https://openrouter.ai/api/v1",
            takes_address=False,
        ),
        "ollama": Provider(
            title="Ollama",
            key_help="Most Ollama servers ask for none.",
            example_model="llama3.2",
        ),
        "compatible": Provider(
            title="OpenAI-compatible server",
            key_help="Most servers of one's own ask for none.",
            example_model="llama3.2",
            called="The server",
        ),
    }
)
"""What a connection may be to; `compatible` is any server that speaks Chat Completions."""

DIALECTS: Mapping[str, str] = MappingProxyType(
    {dialect: name for name, provider in PROVIDERS.items() for dialect in provider.dialects}
)
"""Prefixes that share the access of the provider they mean."""


@dataclass(frozen=True, slots=True)
class Role:
    """Work that a model does."""

    title: str
    purpose: str


ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "planner": Role("Planner", "Decides what sections a document has and what to look for."),
        "writer": Role("Writer", "Writes each section from the passages found."),
        "critic": Role("Critic", "Judges whether each claim is supported by its passage."),
        "debugger": Role("Self-debugger", "Mends a step that failed."),
        "small": Role("Small talk and titles", "Answers greetings and names conversations."),
    }
)

EMBEDDER = "embedder"
"""Work of a model that is built in and cannot be chosen."""
EMBEDDER_ROLE = Role("Search by meaning", "Finds passages that mean the same in other words.")

DEFAULT = "default"
"""Where a role may stand: the choice for all that have none of their own."""
NONE = "none"
"""Choice of no model at all: the work is done by rules."""


def home_of(provider: str) -> str:
    """A provider's own address; empty where it has none."""
    return PROVIDERS[provider].home if provider in PROVIDERS else ""
