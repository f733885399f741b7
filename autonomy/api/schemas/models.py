"""What the API about models takes and gives. A key is taken and never given."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from autonomy.api.schemas.base import Text


class Input(BaseModel):
    """Unknown fields are refused, so that a misspelt one is never silently dropped."""

    model_config = ConfigDict(extra="forbid")


class ConnectionIn(Input):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"provider": "compatible", "base_url": "http://localhost:11434"}
        },
    )

    provider: Text = Field(max_length=20)
    """openai, anthropic, google, openrouter, ollama, or compatible for any OpenAI-compatible
    server."""
    label: Text = Field(default="", max_length=80)
    slug: Text = Field(default="", max_length=31)
    """Prefix of its model strings; made up when left out."""
    base_url: Text = Field(default="", max_length=500)
    """With or without `/v1`."""
    api_key: SecretStr | None = None
    """Kept encrypted and never given out again."""
    scope: Literal["user", "deployment"] = "user"


class TrialIn(ConnectionIn):
    model: Text = Field(default="", max_length=200)
    """Name of the model to call, without a prefix; a fitting one when left out."""


class StoredTrialIn(Input):
    model: Text = Field(default="", max_length=200)


class ConnectionChange(Input):
    """What is left out stays."""

    label: Text | None = Field(default=None, max_length=80)
    slug: Text | None = Field(default=None, max_length=31)
    base_url: Text | None = Field(default=None, max_length=500)
    api_key: SecretStr | None = None
    """A new key; empty removes the key."""


class RolesIn(Input):
    scope: Literal["user", "deployment"] = "user"
    roles: dict[Text, Text] = Field(max_length=10)
    """Role, or `default` for all, to model strings in order, separated by commas; `none` for rules
    only, empty to take the choice back."""


class OfferedOut(Schema):
    id: str
    context_tokens: int | None
    structured: bool | None
    tools: bool | None


class ConnectionOut(Schema):
    id: UUID | None
    """None: not yours to change."""
    slug: str
    provider: str
    label: str
    base_url: str
    has_key: bool
    needs_key_again: bool
    """Its key can no longer be opened."""
    scope: Literal["user", "deployment", "environment"]
    server: str
    simulated: bool
    tested_at: datetime | None
    test_ok: bool | None
    test_sentence: str
    test_seconds: float | None
    models: list[OfferedOut]


class TrialOut(Schema):
    """How a test went; one that failed is an answer too."""

    ok: bool
    sentence: str
    code: str
    seconds: float
    server: str
    base_url: str
    """Where calls go, as the test found it."""
    simulated: bool
    model: str
    said: str
    input_tokens: int | None
    output_tokens: int | None
    structured: bool | None
    """Whether the answer kept to a schema; null when that did not show."""
    models: list[OfferedOut]


class ModelOut(Schema):
    model: str
    connection: str
    available: bool
    why: str
    simulated: bool
    context_tokens: int | None
    structured: bool | None
    tools: bool | None
    usd_per_mtok_input: float | None
    usd_per_mtok_output: float | None
    price_known: bool
    health: Literal["closed", "open", "half_open"]
    retry_in: float


class EmbeddingProgressOut(Schema):
    filled: int
    """Passages that have a vector of the embedder that is being made ready."""
    wanted: int
    error: str
    """Of the last try; empty when all is well."""


class RoleOut(Schema):
    title: str
    purpose: str
    chosen_by: str
    """user, deployment or environment; empty when nobody chose."""
    choice: str
    available: bool
    why: str
    models: list[ModelOut]
    progress: EmbeddingProgressOut | None
    """Of the embedder only, while another one is being made ready."""


class ChoicesOut(Schema):
    """What each level itself says, role (or `default`) to models."""

    user: dict[str, str]
    deployment: dict[str, str]
    environment: dict[str, str]


class ProviderOut(Schema):
    id: str
    title: str
    needs_key: bool
    needs_url: bool
    key_help: str
    example_model: str


class ModelsOut(Schema):
    mode: Literal["models", "rules"]
    simulated: bool
    roles: dict[str, RoleOut]
    choices: ChoicesOut
    connections: list[ConnectionOut]
    providers: list[ProviderOut]
    unknown_usd_per_mtok: float
    """What a million tokens of a model without a known price are counted as."""
    may_change_deployment: bool
