"""The gateway to language models: one way to call any of them, with retries, budget and parsing."""

from autonomy.core.llm.gateway import Answer, Gateway
from autonomy.core.llm.ledger import Ledger
from autonomy.core.llm.portfolio import ROLES, Access, CallLimits, Portfolio
from autonomy.core.llm.providers import SHARED, Providers

__all__ = [
    "ROLES",
    "SHARED",
    "Access",
    "Answer",
    "CallLimits",
    "Gateway",
    "Ledger",
    "Portfolio",
    "Providers",
]
