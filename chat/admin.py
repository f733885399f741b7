"""Staff pages for people, conversations, messages and uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from autonomy import services
from autonomy.admin.base import HistoryAdmin, HistoryInline
from autonomy.admin.display import age, badge, link, short
from chat.models import Conversation, Message, Upload

if TYPE_CHECKING:  # unfold ships no types; its forms keep the signatures of Django's
    from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

    class _ThemedUserAdmin(UserAdmin[Any]): ...
else:
    from unfold.admin import ModelAdmin
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

    class _ThemedUserAdmin(UserAdmin, ModelAdmin):
        """Django's page for people in this site's theme."""


# Django's own login form knows neither the second factor nor the limit on wrong passwords.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(_ThemedUserAdmin):
    """People. Unlike history this may be edited, so Django's own permissions decide who may."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "is_active", "is_staff", "is_superuser", "date_joined", "last_login")
    search_fields = ("email", "username")
    ordering = ("-date_joined",)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """What the question says that is asked first. History may not be deleted by itself, but it
        goes with its person."""
        told = [f"{person}, with all conversations, files, runs and documents" for person in objs]
        return told, {"people": len(told)}, set(), []

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        self._remove(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._remove(request, list(queryset))

    def _remove(self, request: HttpRequest, people: list[User]) -> None:
        """Not a plain delete: stored files, checkpoints and running work go too."""
        for person in people:
            try:
                services.remove_account(person)
            except services.ServiceError as refused:
                self.message_user(request, refused.detail, messages.ERROR)


class MessageInline(HistoryInline):
    model = Message
    fields = ("created_at", "role", "excerpt", "run_link")
    readonly_fields = fields
    ordering = ("created_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("run")

    @admin.display(description="Text")
    def excerpt(self, obj: Message) -> str:
        return short(obj.text, 600)

    @admin.display(description="Run")
    def run_link(self, obj: Message) -> SafeString:
        return link(obj.run)


class UploadInline(HistoryInline):
    model = Upload
    fields = ("created_at", "file_name", "source_link", "status_badge")
    readonly_fields = fields
    ordering = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("source")

    @admin.display(description="Source")
    def source_link(self, obj: Upload) -> SafeString:
        return link(obj.source)

    @admin.display(description="Status")
    def status_badge(self, obj: Upload) -> SafeString:
        return badge(obj.source.status)


@admin.register(Conversation)
class ConversationAdmin(HistoryAdmin):
    list_display = ("name", "owner", "message_count", "changed", "archived_at")
    list_filter = ("created_at", "archived_at")
    list_select_related = ("owner",)
    search_fields = ("title", "owner__email")
    date_hierarchy = "created_at"
    ordering = ("-updated_at",)
    inlines = (MessageInline, UploadInline)
    fields = ("title", "owner", "created_at", "updated_at", "archived_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = (
            super().get_queryset(request).annotate(messages_held=Count("messages"))
        )
        return rows

    @admin.display(description="Title", ordering="title")
    def name(self, obj: Conversation) -> str:
        return short(str(obj), 80)

    @admin.display(description="Messages", ordering="messages_held")
    def message_count(self, obj: Any) -> int:
        return int(obj.messages_held)

    @admin.display(description="Last change", ordering="updated_at")
    def changed(self, obj: Conversation) -> str:
        return f"{age(obj.updated_at)} ago"


@admin.register(Message)
class MessageAdmin(HistoryAdmin):
    list_display = ("excerpt", "role", "conversation", "run", "said")
    list_filter = ("role", "created_at")
    list_select_related = ("conversation", "run")
    search_fields = ("text", "conversation__title")
    search_by_id = ("pk", "conversation_id", "run_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    fields = ("conversation_link", "role", "text", "run_link", "created_at")
    readonly_fields = fields

    @admin.display(description="Text")
    def excerpt(self, obj: Message) -> str:
        return short(obj.text, 120)

    @admin.display(description="Conversation")
    def conversation_link(self, obj: Message) -> SafeString:
        return link(obj.conversation)

    @admin.display(description="Run")
    def run_link(self, obj: Message) -> SafeString:
        return link(obj.run)

    @admin.display(description="Age", ordering="created_at")
    def said(self, obj: Message) -> str:
        return age(obj.created_at)


@admin.register(Upload)
class UploadAdmin(HistoryAdmin):
    list_display = ("file_name", "owner", "conversation", "status_badge", "dropped")
    list_filter = ("source__status", "created_at")
    list_select_related = ("owner", "conversation", "source")
    search_fields = ("file_name", "owner__email")
    search_by_id = ("pk", "conversation_id", "source_id")
    ordering = ("-created_at",)
    fields = ("file_name", "owner", "conversation_link", "source_link", "created_at")
    readonly_fields = fields

    @admin.display(description="Status", ordering="source__status")
    def status_badge(self, obj: Upload) -> SafeString:
        return badge(obj.source.status)

    @admin.display(description="Conversation")
    def conversation_link(self, obj: Upload) -> SafeString:
        return link(obj.conversation)

    @admin.display(description="Source")
    def source_link(self, obj: Upload) -> SafeString:
        return link(obj.source)

    @admin.display(description="Age", ordering="created_at")
    def dropped(self, obj: Upload) -> str:
        return age(obj.created_at)
