"""Addresses of the pages."""

from __future__ import annotations

from django.urls import path

from chat import data_views, model_pages, similarity_pages, tool_pages, views, workbench_pages

urlpatterns = [
    path("", views.new_conversation, name="new_conversation"),
    path("c/<uuid:conversation_id>/", views.conversation, name="conversation"),
    path("runs/<uuid:run_id>/similarity/", similarity_pages.similarity, name="similarity"),
    path("library/", views.library, name="library"),
    path("workbench/", workbench_pages.workbench, name="workbench"),
    path("workbench/<uuid:check_id>/", workbench_pages.workbench_check, name="workbench_check"),
    path("settings/", views.settings_page, name="settings"),
    path("settings/keys/", views.create_key, name="create_key"),
    path("settings/keys/<uuid:key_id>/revoke/", views.revoke_key, name="revoke_key"),
    path("settings/notifications/", views.choose_mail_view, name="choose_mail"),
    path("settings/models/", model_pages.models_page, name="models"),
    path("settings/tools/", tool_pages.tools_page, name="tools"),
    path("settings/data/", data_views.your_data, name="your_data"),
    path("settings/data/archive/", data_views.download, name="download_data"),
    path("settings/data/remove/", data_views.remove, name="remove_account"),
]
