"""The gateway to language models: one way to call any of them, with retries, budget and parsing."""

from autonomy.core.llm.call import Answer
from autonomy.core.llm.catalogue import PROVIDERS, ROLES
from autonomy.core.llm.facts import ModelFacts, facts
from autonomy.core.llm.gateway import Gateway
from autonomy.core.llm.ledger import Ledger
from autonomy.core.llm.portfolio import Access, CallLimits, OfferedModel, Portfolio
from autonomy.core.llm.providers import SHARED, Providers
from autonomy.core.llm.record import CallLog, CallRecord

__all__ = [
    "PROVIDERS",
    "ROLES",
    "SHARED",
    "Access",
    "Answer",
    "CallLimits",
    "CallLog",
    "CallRecord",
    "Gateway",
    "Ledger",
    "ModelFacts",
    "OfferedModel",
    "Portfolio",
    "Providers",
    "facts",
]
