"""What operators see: logs, metrics, traces, kept calls."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, SecretStr


class Watching(BaseModel):
    # -- watching over it
    log_format: Literal["text", "json"] = Field(
        default="text",
        description="Form of log lines: text for people, or one JSON object per line.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Bearer token that /metrics asks for; unset shows it to programs on this machine only.",
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        default=None,
        description="Address of an OpenTelemetry collector (OTLP over HTTP, e.g. http://localhost:4318); unset = no traces. The other OTEL_ variables of the specification work too.",
    )
    model_call_text_chars: int = Field(
        default=60_000,
        ge=0,
        description="Most characters of each prompt and each answer that are kept for staff, with the run's history; 0 keeps none.",
    )
