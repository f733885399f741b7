from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from handywriterz.api import api

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("api/", api.urls),
    path("", include("chat.urls")),
]
