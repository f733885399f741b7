"""The tables of the autonomy app (DESIGN: data model)."""

from autonomy.models.api_key import ApiKey
from autonomy.models.check import CHECK_DOCUMENTS, CHECKERS, Check, CheckEvent
from autonomy.models.checkpoint import Checkpoint, CheckpointBlob, CheckpointWrite
from autonomy.models.embedding import EmbeddingSpace, PassageVector, SpaceState
from autonomy.models.evaluation import Evaluation, EvaluationResult
from autonomy.models.evidence import (
    Artifact,
    ArtifactKind,
    Citation,
    Passage,
    RunSource,
    Source,
    described,
)
from autonomy.models.idempotency import IdempotencyKey
from autonomy.models.memory import EMBEDDING_DIMENSIONS, Episode, Note
from autonomy.models.model_gateway import ModelCall, ModelConnection, ModelPreference
from autonomy.models.notification import Notification, NotificationChoice
from autonomy.models.originality import FlaggedPassage, PassageChange, TurnitinCycle
from autonomy.models.posting import Posting
from autonomy.models.quota import Quota, UsageDay
from autonomy.models.reading import FileReading, FileReadingPages
from autonomy.models.rewriting import RewriteChange
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
from autonomy.models.similarity import SimilarityCheck
from autonomy.models.style import CitationStyle
from autonomy.models.tool import (
    RepairPolicy,
    Tool,
    ToolAuthor,
    ToolOffer,
    ToolOrigin,
    ToolPolicy,
    ToolRate,
    ToolRecording,
    ToolSecret,
    ToolServer,
    ToolVersion,
)
from autonomy.models.upkeep import Deletion, Upkeep
from autonomy.models.version import DocumentVersion

__all__ = [
    "CHECKERS",
    "CHECK_DOCUMENTS",
    "EMBEDDING_DIMENSIONS",
    "ApiKey",
    "Artifact",
    "ArtifactKind",
    "BudgetEntry",
    "Check",
    "CheckEvent",
    "Checkpoint",
    "CheckpointBlob",
    "CheckpointWrite",
    "Citation",
    "CitationStyle",
    "Deletion",
    "DocumentVersion",
    "Effect",
    "EffectStatus",
    "EmbeddingSpace",
    "Episode",
    "Evaluation",
    "EvaluationResult",
    "FileReading",
    "FileReadingPages",
    "FlaggedPassage",
    "IdempotencyKey",
    "Job",
    "ModelCall",
    "ModelConnection",
    "ModelPreference",
    "Note",
    "Notification",
    "NotificationChoice",
    "Passage",
    "PassageChange",
    "PassageVector",
    "Posting",
    "QueueUser",
    "Quota",
    "RepairPolicy",
    "Resume",
    "RewriteChange",
    "Run",
    "RunMessage",
    "RunSource",
    "SimilarityCheck",
    "Source",
    "SpaceState",
    "Tool",
    "ToolAuthor",
    "ToolOffer",
    "ToolOrigin",
    "ToolPolicy",
    "ToolRate",
    "ToolRecording",
    "ToolSecret",
    "ToolServer",
    "ToolVersion",
    "TurnitinCycle",
    "Upkeep",
    "UsageDay",
    "WorkerProcess",
    "described",
]
