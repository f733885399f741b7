"""The tables of the autonomy app (DESIGN: data model)."""

from autonomy.models.api_key import ApiKey
from autonomy.models.checkpoint import Checkpoint, CheckpointBlob, CheckpointWrite
from autonomy.models.evidence import Artifact, ArtifactKind, Citation, Passage, RunSource, Source
from autonomy.models.idempotency import IdempotencyKey
from autonomy.models.memory import EMBEDDING_DIMENSIONS, Episode, Note
from autonomy.models.model_gateway import ModelCall, ModelConnection, ModelPreference
from autonomy.models.originality import TurnitinCycle
from autonomy.models.quota import Quota, UsageDay
from autonomy.models.run import (
    BudgetEntry,
    Effect,
    EffectStatus,
    Job,
    QueueUser,
    Resume,
    Run,
    RunMessage,
    WorkerProcess,
)
from autonomy.models.tool import Tool, ToolOrigin, ToolVersion
from autonomy.models.upkeep import Deletion, Upkeep

__all__ = [
    "EMBEDDING_DIMENSIONS",
    "ApiKey",
    "Artifact",
    "ArtifactKind",
    "BudgetEntry",
    "Checkpoint",
    "CheckpointBlob",
    "CheckpointWrite",
    "Citation",
    "Deletion",
    "Effect",
    "EffectStatus",
    "Episode",
    "IdempotencyKey",
    "Job",
    "ModelCall",
    "ModelConnection",
    "ModelPreference",
    "Note",
    "Passage",
    "QueueUser",
    "Quota",
    "Resume",
    "Run",
    "RunMessage",
    "RunSource",
    "Source",
    "Tool",
    "ToolOrigin",
    "ToolVersion",
    "TurnitinCycle",
    "Upkeep",
    "UsageDay",
    "WorkerProcess",
]
