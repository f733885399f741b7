"""Staff pages. Importing this package registers them all."""

from autonomy.admin import (
    api_keys,
    checkpoints,
    effects,
    evidence,
    ledger,
    memory,
    model_calls,
    model_connections,
    originality,
    queue,
    quotas,
    run_messages,
    runs,
    tools,
    upkeep,
    workers,
)

__all__ = [
    "api_keys",
    "checkpoints",
    "effects",
    "evidence",
    "ledger",
    "memory",
    "model_calls",
    "model_connections",
    "originality",
    "queue",
    "quotas",
    "run_messages",
    "runs",
    "tools",
    "upkeep",
    "workers",
]
