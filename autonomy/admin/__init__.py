"""Staff pages. Importing this package registers them all."""

from autonomy.admin import (
    api_keys,
    checkpoints,
    ledger,
    memory,
    originality,
    queue,
    tools,
)

__all__ = [
    "api_keys",
    "checkpoints",
    "ledger",
    "memory",
    "originality",
    "queue",
    "tools",
]
