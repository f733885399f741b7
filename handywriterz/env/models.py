"""Language models and the embedder."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, SecretStr


class Models(BaseModel):
    # -- models
    handywriterz_model: str | None = Field(
        default=None,
        description="Model string for every role, e.g. openai:gpt-5-mini, anthropic:…, ollama:…; several, separated by commas, are tried in turn; unset = no-model mode.",
    )
    handywriterz_planner_model: str | None = Field(
        default=None, description="Model of the planner only."
    )
    handywriterz_writer_model: str | None = Field(
        default=None, description="Model of the writer only."
    )
    handywriterz_critic_model: str | None = Field(
        default=None, description="Model of the critic only."
    )
    handywriterz_debugger_model: str | None = Field(
        default=None, description="Model of the self-debugger only."
    )
    embedder: str | None = Field(
        default=None,
        description="Model that search by meaning uses, at any server with OpenAI's /embeddings, e.g. openai:text-embedding-3-small; what there is is embedded anew in the background. Unset = the built-in one.",
    )
    openai_base_url: str | None = Field(
        default=None,
        description="Any OpenAI-compatible server; the model string is then openai:<name> and a key is optional.",
    )
    anthropic_base_url: str | None = Field(
        default=None,
        description="Any server that speaks Anthropic's Messages; a key is then optional.",
    )
    ollama_base_url: str | None = Field(
        default=None, description="Address of an Ollama server, e.g. http://localhost:11434/v1."
    )
    openai_api_key: SecretStr | None = Field(
        default=None, description="Key of OpenAI, or of the server at OPENAI_BASE_URL."
    )
    anthropic_api_key: SecretStr | None = Field(default=None, description="Key of Anthropic.")
    google_api_key: SecretStr | None = Field(default=None, description="Key of the Gemini API.")
    openrouter_api_key: SecretStr | None = Field(default=None, description="Key of OpenRouter.")
    ollama_api_key: SecretStr | None = Field(
        default=None, description="Key of an Ollama server that asks for one."
    )
    model_timeout_seconds: float = Field(
        default=120.0, gt=0, description="Longest one attempt at a model call may take, seconds."
    )
    model_deadline_seconds: float = Field(
        default=300.0,
        gt=0,
        description="Longest a model call may take with all its attempts and waits, seconds.",
    )
    model_max_attempts: int = Field(
        default=4, ge=1, le=10, description="Attempts per model call, first included."
    )
    model_max_output_tokens: int = Field(
        default=8_192,
        ge=256,
        description="Most tokens of one answer; as many are set aside from the budget before a call.",
    )
    model_requests_per_minute: float | None = Field(
        default=None,
        gt=0,
        description="Most model calls per minute and provider account, shared by all workers; unset leaves the rate to the provider.",
    )
    model_circuit_failures: int = Field(
        default=5,
        ge=1,
        description="Failures of a provider in a row after which all workers leave its account alone for a while.",
    )
    model_circuit_seconds: float = Field(
        default=30.0,
        gt=0,
        description="Longest first pause of a failing provider account, seconds; it doubles with each further one, up to ten minutes.",
    )
    model_circuit_closed_seconds: float = Field(
        default=600.0,
        gt=0,
        description="Pause of a provider account whose key was refused or whose credit is gone, seconds; a changed key is tried at once.",
    )
    model_stall_seconds: float = Field(
        default=30.0,
        gt=0,
        description="A streamed answer that has begun and is silent for this long counts as broken off, seconds.",
    )
    model_unknown_usd_per_mtok: float = Field(
        default=15.0,
        ge=0,
        description="US dollars per million tokens counted when a model's price is unknown.",
    )
    model_private_addresses: Literal["everyone", "staff", "nobody"] = Field(
        default="staff",
        description="Whose own model connections may lead to this machine and to private networks (a local model server); those of the deployment always may.",
    )
    model_connections_per_user: int = Field(
        default=20, ge=0, description="Most model connections one person may keep."
    )
    model_tests_per_minute: int = Field(
        default=6, gt=0, description="Tests of model connections per minute and person."
    )
