"""Checkpoints: the state at each superstep, decoded."""

from __future__ import annotations

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin
from autonomy.admin.checkpoint_state import read_state
from autonomy.admin.display import NOTHING, admin_url, age, json_block, json_text
from autonomy.models import Checkpoint


@admin.register(Checkpoint)
class CheckpointAdmin(HistoryAdmin):
    list_display = ("checkpoint_id", "run_link", "superstep", "origin", "written")
    search_fields = ("thread_id", "checkpoint_id")
    search_by_id = ("thread_id", "checkpoint_id")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    fields = (
        "checkpoint_id",
        "parent_link",
        "run_link",
        "superstep",
        "origin",
        "created_at",
        "state",
        "metadata_text",
        "versions",
    )
    readonly_fields = fields

    @admin.display(description="Run")
    def run_link(self, obj: Checkpoint) -> SafeString:
        # The thread is the run's id as text, so this link costs no query.
        return format_html(
            '<a class="hw-link" href="{}">{}</a>', admin_url("run", obj.thread_id), obj.thread_id
        )

    @admin.display(description="Parent")
    def parent_link(self, obj: Checkpoint) -> SafeString | str:
        parent = (
            Checkpoint.objects.filter(
                thread_id=obj.thread_id,
                checkpoint_ns=obj.checkpoint_ns,
                checkpoint_id=obj.parent_checkpoint_id,
            )
            .values_list("pk", flat=True)
            .first()
        )
        if parent is None:
            return obj.parent_checkpoint_id or NOTHING
        return format_html(
            '<a class="hw-link" href="{}">{}</a>',
            admin_url("checkpoint", parent),
            obj.parent_checkpoint_id,
        )

    @admin.display(description="Superstep")
    def superstep(self, obj: Checkpoint) -> str:
        return str(obj.metadata.get("step", NOTHING))

    @admin.display(description="Origin")
    def origin(self, obj: Checkpoint) -> str:
        return str(obj.metadata.get("source", NOTHING))

    @admin.display(description="Age", ordering="created_at")
    def written(self, obj: Checkpoint) -> str:
        return age(obj.created_at)

    @admin.display(description="State")
    def state(self, obj: Checkpoint) -> SafeString:
        state = read_state(obj)
        return render_to_string(
            "autonomy/admin/checkpoint_state.html",
            {"state": state, "values": json_text(state.values)},
        )

    @admin.display(description="Metadata")
    def metadata_text(self, obj: Checkpoint) -> SafeString:
        return json_block(obj.metadata)

    @admin.display(description="Channel versions")
    def versions(self, obj: Checkpoint) -> SafeString:
        return json_block(obj.checkpoint.get("channel_versions"))
