"""The only door in: the API, chat, the admin and commands all act through these functions.

All are synchronous (call them in a thread from async code). None checks who asks: callers pass
objects that the person may touch. Refusals are `ServiceError`s in words for that person.
"""

from autonomy.memory.episodic_repo import events_after
from autonomy.services.accounts import remove_account
from autonomy.services.budgets import set_budget
from autonomy.services.computed import computations, export_computed, is_analysis
from autonomy.services.connections import (
    BadField,
    Wanted,
    change_connection,
    connection_of,
    remove_connection,
)
from autonomy.services.credentials import Rotation, rotate_credentials
from autonomy.services.documents import export_document
from autonomy.services.effects import Settlement, settle_effect
from autonomy.services.errors import (
    AllowanceUsedUp,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    QuotaUsedUp,
    ServiceError,
    TooLarge,
    TooMany,
    Unavailable,
)
from autonomy.services.files import add_file, delete_file
from autonomy.services.forks import fork
from autonomy.services.health import Health, OutsideState, health, outside_health, worker_up
from autonomy.services.keys import create_api_key, revoke_api_key, user_for_key
from autonomy.services.library import search_memory
from autonomy.services.metrics import metrics_page
from autonomy.services.model_choices import choose_models, models_within_reach
from autonomy.services.model_overview import (
    ConnectionState,
    ModelState,
    Overview,
    connection_state,
    model_overview,
)
from autonomy.services.originality import submit_report
from autonomy.services.originality_statement import originality_statement
from autonomy.services.passage_changes import passage_changes
from autonomy.services.personal import Entry, personal_entries
from autonomy.services.plans import PlanConflict, edit_plan
from autonomy.services.priorities import set_priority
from autonomy.services.quotas import usage_history, usage_today
from autonomy.services.references import (
    ImportOutcome,
    import_references,
    is_bibliography,
    may_be_bibliography,
)
from autonomy.services.restyle import restyle
from autonomy.services.rewriting import (
    counts_of,
    decide,
    keep_decided,
    looked_through,
    rewritten,
)
from autonomy.services.runs import (
    answer_interrupt,
    cancel,
    pause,
    requeue,
    resume,
    start_run,
)
from autonomy.services.sandbox import SandboxReport, code_execution, sandbox_report
from autonomy.services.similarity import (
    SimilarityAnswer,
    check_similarity,
    newest_document,
    similar_passage,
    similarity_pdf,
    similarity_report,
)
from autonomy.services.snapshots import snapshot
from autonomy.services.steering import tell
from autonomy.services.styles import add_style, check_style, remove_style, style_id
from autonomy.services.trials import create_tested, try_draft, try_stored
from autonomy.services.upkeep import Tidied, tidy
from autonomy.services.verification import (
    accept_reference,
    reference_check_of,
    verify_reference,
)
from autonomy.services.versions import VersionRow, compare_versions, restore, versions_of

__all__ = [
    "AllowanceUsedUp",
    "BadField",
    "Conflict",
    "ConnectionState",
    "Entry",
    "Health",
    "ImportOutcome",
    "Invalid",
    "ModelState",
    "NotAllowed",
    "NotFound",
    "OutsideState",
    "Overview",
    "PlanConflict",
    "QuotaUsedUp",
    "Rotation",
    "SandboxReport",
    "ServiceError",
    "Settlement",
    "SimilarityAnswer",
    "Tidied",
    "TooLarge",
    "TooMany",
    "Unavailable",
    "VersionRow",
    "Wanted",
    "accept_reference",
    "add_file",
    "add_style",
    "answer_interrupt",
    "cancel",
    "change_connection",
    "check_similarity",
    "check_style",
    "choose_models",
    "code_execution",
    "compare_versions",
    "computations",
    "connection_of",
    "connection_state",
    "counts_of",
    "create_api_key",
    "create_tested",
    "decide",
    "delete_file",
    "edit_plan",
    "events_after",
    "export_computed",
    "export_document",
    "fork",
    "health",
    "import_references",
    "is_analysis",
    "is_bibliography",
    "keep_decided",
    "looked_through",
    "may_be_bibliography",
    "metrics_page",
    "model_overview",
    "models_within_reach",
    "newest_document",
    "originality_statement",
    "outside_health",
    "passage_changes",
    "pause",
    "personal_entries",
    "reference_check_of",
    "remove_account",
    "remove_connection",
    "remove_style",
    "requeue",
    "restore",
    "restyle",
    "resume",
    "revoke_api_key",
    "rewritten",
    "rotate_credentials",
    "sandbox_report",
    "search_memory",
    "set_budget",
    "set_priority",
    "settle_effect",
    "similar_passage",
    "similarity_pdf",
    "similarity_report",
    "snapshot",
    "start_run",
    "style_id",
    "submit_report",
    "tell",
    "tidy",
    "try_draft",
    "try_stored",
    "usage_history",
    "usage_today",
    "user_for_key",
    "verify_reference",
    "versions_of",
    "worker_up",
]
