"""Conversations, their messages, and the files dropped into them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from autonomy.models import Run, Source
from autonomy.models.fields import new_id, one_of


class Conversation(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations"
    )
    title = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "chat_conversations"
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["owner", "-updated_at"], name="conversation_recent")]

    def __str__(self) -> str:
        return self.title or "New conversation"


class MessageRole(models.TextChoices):
    USER = "user"
    ASSISTANT = "assistant"


class Message(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    role = models.CharField(max_length=9, choices=MessageRole.choices)
    text = models.TextField()
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="messages")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "chat_messages"
        ordering = ["conversation", "created_at", "id"]
        constraints = [
            one_of("role", MessageRole.values, "message_role_known"),
            models.UniqueConstraint(
                fields=["run"],
                name="message_one_answer_per_run",
                condition=Q(role=MessageRole.ASSISTANT, run__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Upload(models.Model):
    """That a file (a `Source`, whose id is the API's file id) was dropped into a conversation."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="uploads")
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, null=True, blank=True, related_name="uploads"
    )
    source = models.ForeignKey(Source, models.CASCADE, related_name="uploads")
    file_name = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "chat_uploads"
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "source"],
                name="upload_once_per_conversation",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.file_name
