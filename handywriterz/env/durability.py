"""Leases of runs, what is recorded of their calls, and how long history is kept."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Durability(BaseModel):
    # -- durability
    lease_ttl_seconds: float = Field(
        default=15.0, gt=1, description="How long a run's lease lives without a heartbeat."
    )
    lease_beat_seconds: float = Field(default=2.0, gt=0, description="Seconds between heartbeats.")
    lease_grace_seconds: float = Field(
        default=0.5,
        gt=0,
        description="A worker whose lock is gone and whose beat is older than this is dead, seconds.",
    )
    max_lost_claims: int = Field(
        default=100,
        gt=10,
        description="Times that a run is claimed, and lost with its worker before its next step was saved, until it is given up whatever else kills workers. From the tenth on it is tried ever less often, at last once a minute.",
    )
    effect_inline_bytes: int = Field(
        default=64 * 1024,
        gt=0,
        description="Largest recorded result of a call that is kept in the database, bytes; a larger one is kept in a file.",
    )
    effect_result_max_bytes: int = Field(
        default=16 * 1024 * 1024,
        gt=0,
        description="Largest result of a call that is kept at all, bytes; a call that returns more fails its step.",
    )
    slice_seconds: float = Field(
        default=60.0, gt=0, description="A run yields its place after this long if others wait."
    )

    # -- retention
    retention_history_days: int = Field(
        default=30,
        ge=0,
        le=36_500,
        description="Days after which a finished run's checkpoints are cut to the newest and those of human decisions; 0 keeps all. Documents, sources and the event log stay.",
    )
    retention_vectors_days: int = Field(
        default=30,
        ge=0,
        le=36_500,
        description="Days for which the vectors of an embedder that is no longer used are kept for going back to it; 0 keeps them for good. The built-in embedder's always stay.",
    )
    retention_notifications_days: int = Field(
        default=90,
        ge=0,
        le=36_500,
        description="Days after which a notification in the product is removed, read or not; 0 keeps them for good.",
    )
    upkeep_hours: float = Field(
        default=24.0, gt=0, description="Hours between two rounds of upkeep (`manage.py prune`)."
    )
    upkeep_batch_runs: int = Field(
        default=500, gt=0, description="Most runs whose history one round of upkeep cuts."
    )
