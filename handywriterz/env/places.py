"""Where state lives."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field

BASE_DIR = Path(__file__).resolve().parent.parent.parent
"""The project's folder."""


class Places(BaseModel):
    # -- where things live
    data_dir: Path = Field(
        default=BASE_DIR / ".data",
        description="Folder that holds all state: database, files, logs.",
    )
    database_url: str | None = Field(
        default=None,
        description="postgresql://… of your own server with pgvector; unset starts the embedded one.",
    )
    redis_url: str | None = Field(
        default=None,
        description="redis:// or unix:// of your own server; unset starts the embedded one.",
    )
