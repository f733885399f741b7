"""The web server, its people and its mail."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, SecretStr, field_validator


class Web(BaseModel):
    # -- the web
    port: int = Field(default=8000, ge=1, le=65535, description="TCP port of the web server.")
    host: str = Field(default="127.0.0.1", description="Address the web server listens on.")
    public_url: str | None = Field(
        default=None,
        description="Address people use, e.g. https://write.example.org; sets hosts, CSRF and cookies.",
    )
    secret_key: SecretStr | None = Field(
        default=None, description="Django's signing key; unset keeps a generated one in DATA_DIR."
    )
    credentials_keys: SecretStr | None = Field(
        default=None,
        description="Secrets that encrypt stored provider keys, separated by commas: the first encrypts, all decrypt (`manage.py rotate_credentials` moves everything to the first); unset derives one from SECRET_KEY.",
    )
    debug: bool = Field(default=False, description="Django debug pages. Never in production.")
    signup: Literal["open", "invite", "closed"] = Field(
        default="closed",
        description="Who may sign up after the first visitor (who always may, and becomes staff).",
    )

    # -- mail
    email_url: SecretStr | None = Field(
        default=None,
        description="smtp://user:password@host:587 (STARTTLS) or smtps://…:465; unset writes mail to the server's log.",
    )
    email_from: str = Field(
        default="HandyWriterz <handywriterz@localhost>",
        description="Sender of the mail that the server sends.",
    )
    notify_by_email: Literal["on", "off"] = Field(
        default="off",
        description="Mail the owner of a run when it waits for a person, succeeds or fails. Each notice is sent at most once.",
    )

    web_requests_at_once: int = Field(
        default=24,
        gt=0,
        description="Requests that one web process works on at once, each with a database connection; streams and sockets do not count.",
    )
    web_wait_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Longest a request waits for its turn before it is answered with 503, seconds.",
    )

    @field_validator("email_url")
    @classmethod
    def _a_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("smtp://", "smtps://")):
            raise ValueError("it takes smtp:// or smtps://")
        return value
