from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from autonomy import services
from autonomy.core.sandbox import Tier
from autonomy.models import ApiKey
from autonomy.services import SandboxReport
from chat.models import Conversation, Message
from chat.urls import urlpatterns
from tests.autonomy.api.world import World, finish, make_run, make_world

pytestmark = pytest.mark.django_db

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(autouse=True)
def _fresh_rate_limits(redis_url: str) -> None:
    """Emptied for each test: signing in is counted in Redis."""


@pytest.fixture
def world(alice: User) -> World:
    return make_world(alice)


def boot(response: HttpResponse, element: str = "boot") -> Any:
    """The JSON that a page carries for its script."""
    html = response.content.decode()
    found = re.search(rf'<script id="{element}" type="application/json">(.*?)</script>', html, re.S)
    assert found, f"no {element} in the page"
    return json.loads(found[1])


class Inline(HTMLParser):
    """Collects what the content security policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or "style" in given:
            self.found.append(f"<{tag}> with inline style")
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.found.append("inline script")
        self.found += [f"<{tag} {name}>" for name in given if name.startswith("on")]
        self.found += [
            f"{tag} from {value}"
            for name, value in attrs
            if name in ("src", "href") and value and re.match(r"(https?:)?//|javascript:", value)
        ]


def address(name: str | None) -> str:
    """The address of a page, with ids that nobody has."""
    wanted = {
        "conversation": {"conversation_id": uuid4()},
        "revoke_key": {"key_id": uuid4()},
        "similarity": {"run_id": uuid4()},
        "workbench_check": {"check_id": uuid4()},
    }
    assert name
    return reverse(name, kwargs=wanted.get(name))


@pytest.mark.parametrize("name", [pattern.name for pattern in urlpatterns])
def test_anonymous_visitors_are_sent_to_sign_in(
    alice: User, anonymous_client: Client, name: str
) -> None:
    for send in (anonymous_client.get, anonymous_client.post):
        response = send(address(name))
        if response.status_code == 405:
            continue
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))


def test_a_stranger_finds_no_conversation(world: World, bob_client: Client) -> None:
    response = bob_client.get(reverse("conversation", args=[world.conversation.pk]))
    assert response.status_code == 404
    assert not [shown for shown in world.ids() if shown in response.content.decode()]


def test_not_even_staff_read_a_conversation_in_the_chat(world: World, staff_client: Client) -> None:
    url = reverse("conversation", args=[world.conversation.pk])
    assert staff_client.get(url).status_code == 404


def test_a_stranger_cannot_revoke_a_key(alice: User, bob_client: Client) -> None:
    key, _ = services.create_api_key(alice, "mine")
    assert bob_client.post(reverse("revoke_key", args=[key.pk])).status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


def test_the_empty_composer_knows_what_can_be_chosen(alice_client: Client) -> None:
    shown = boot(alice_client.get("/"))
    assert shown["conversation"] is None
    assert {journey["name"] for journey in shown["journeys"]} >= {"answer", "write", "research"}
    assert [key for key, _ in shown["styles"]] == ["harvard", "apa", "mla", "chicago", "vancouver"]
    assert shown["limits"]["upload_max_bytes"] > 0
    assert shown["model_configured"] is False


def test_a_conversation_carries_its_whole_thread(world: World, alice_client: Client) -> None:
    shown = boot(alice_client.get(reverse("conversation", args=[world.conversation.pk])))
    assert shown["conversation"]["title"] == "Attention"
    assert [m["text"] for m in shown["messages"]] == ["An essay on attention"]
    (run,) = shown["runs"]
    assert run["id"] == str(world.run.pk)
    assert {"plan", "as_of_seq", "worker_up", "budgets"} <= set(run)
    assert [file["id"] for file in shown["files"]] == [str(world.file.pk)]


def test_the_answer_of_a_run_that_ended_unseen_is_there(world: World, alice_client: Client) -> None:
    finish(world.run, summary="Your essay is ready.")
    url = reverse("conversation", args=[world.conversation.pk])
    for _ in range(2):
        shown = boot(alice_client.get(url))
        assert [m["text"] for m in shown["messages"]][-1] == "Your essay is ready."
    assert Message.objects.filter(run=world.run, role="assistant").count() == 1


def test_a_conversation_is_shown_under_the_name_that_its_document_gives_it(
    world: World, alice_client: Client
) -> None:
    """Also when the run ended unseen, so that this page is the first to hear of it."""
    Conversation.objects.filter(pk=world.conversation.pk).update(title="An essay on attention")
    finish(world.run)
    shown = alice_client.get(reverse("conversation", args=[world.conversation.pk]))
    assert boot(shown)["conversation"]["title"] == "Attention"
    assert shown.context["conversation"].title == "Attention"


def test_the_sidebar_lists_only_ones_own_conversations(
    world: World, bob: User, bob_client: Client
) -> None:
    own = Conversation.objects.create(owner=bob, title="Of Bob")
    make_run(bob, own)
    listed = boot(bob_client.get("/"), "sidebar-boot")
    assert [(row["title"], row["state"]) for row in listed["items"]] == [("Of Bob", "running")]


@pytest.mark.parametrize("page", ["/", "/library/", "/settings/", "conversation"])
def test_pages_hold_to_the_content_security_policy(
    alice_client: Client, world: World, page: str
) -> None:
    Conversation.objects.filter(pk=world.conversation.pk).update(title=HOSTILE)
    Message.objects.filter(run=world.run).update(text=HOSTILE)
    url = page if page != "conversation" else reverse(page, args=[world.conversation.pk])
    response = alice_client.get(url)
    assert response.status_code == 200
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    parser = Inline()
    parser.feed(response.content.decode())
    assert parser.found == []


@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_signup",
        "account_reset_password",
        "account_logout",
        "account_email",
        "account_change_password",
        "mfa_index",
    ],
)
def test_account_pages_are_ours(alice_client: Client, anonymous_client: Client, name: str) -> None:
    outside = name in ("account_login", "account_signup", "account_reset_password")
    response = (anonymous_client if outside else alice_client).get(reverse(name))
    assert response.status_code == 200
    html = response.content.decode()
    assert "HandyWriterz" in html
    assert "css/tokens" in html
    parser = Inline()
    parser.feed(html)
    assert parser.found == []


def test_closed_sign_up_says_what_to_do(alice: User, anonymous_client: Client) -> None:
    html = anonymous_client.get(reverse("account_signup")).content.decode()
    assert "Sign-up is closed" in html
    assert "invitation" in html


def test_an_unknown_address_is_a_page_of_ours(alice_client: Client) -> None:
    response = alice_client.get("/nothing-here/")
    assert response.status_code == 404
    assert "Nothing here" in response.content.decode()


def test_a_form_without_its_token_is_explained(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    response = client.post(reverse("create_key"), {"name": "x"})
    assert response.status_code == 403
    assert "out of date" in response.content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_is_shown_once_and_works(alice: User, alice_client: Client) -> None:
    made = alice_client.post(reverse("create_key"), {"name": "Reference manager"})
    assert made["Cache-Control"] == "no-store"
    found = re.search(r'id="new-key"[^>]*value="([^"]+)"', made.content.decode())
    assert found
    assert services.user_for_key(found[1]) == alice
    later = alice_client.get(reverse("settings")).content.decode()
    assert "Reference manager" in later
    assert found[1] not in later


def test_a_revoked_key_is_gone(alice: User, alice_client: Client) -> None:
    row, key = services.create_api_key(alice, "old")
    response = alice_client.post(reverse("revoke_key", args=[row.pk]), follow=True)
    html = response.content.decode()
    assert "is revoked" in html
    assert "hw_" not in html.replace(key, "")
    assert services.user_for_key(key) is None


@pytest.mark.parametrize(
    ("report", "words", "for_staff"),
    [
        (SandboxReport(Tier.UNSHARE, "", ()), "runs in a sandbox (unshare)", ""),
        (SandboxReport(Tier.OFF, "Install bubblewrap.", ()), "cannot run code", "Install bubb"),
        (None, "is being found out", ""),
    ],
)
def test_the_settings_tell_whether_code_can_be_run(
    alice_client: Client,
    staff_client: Client,
    monkeypatch: pytest.MonkeyPatch,
    report: SandboxReport | None,
    words: str,
    for_staff: str,
) -> None:
    monkeypatch.setattr(services, "code_execution", lambda wait_seconds: report)
    hers, theirs = (
        client.get(reverse("settings")).content.decode() for client in (alice_client, staff_client)
    )
    assert words in hers
    assert words in theirs
    if for_staff:
        assert for_staff not in hers
        assert for_staff in theirs


def test_only_staff_see_the_way_to_the_administration(
    alice_client: Client, staff_client: Client
) -> None:
    admin = reverse("admin:index")
    assert admin not in alice_client.get(reverse("settings")).content.decode()
    assert admin in staff_client.get(reverse("settings")).content.decode()


def test_the_first_visitor_is_led_to_make_the_first_account(
    db: None, anonymous_client: Client
) -> None:
    response = anonymous_client.get("/", follow=True)
    assert response.redirect_chain == [("/accounts/signup/", 302)]
    assert "The first account becomes the administrator." in response.content.decode()


def test_later_visitors_are_not_told_that_they_will_be_administrator(
    alice: User, anonymous_client: Client
) -> None:
    page = anonymous_client.get("/accounts/signup/").content.decode()
    assert "administrator" not in page


def test_no_mail_is_promised_that_would_only_reach_a_log(
    alice: User, anonymous_client: Client, settings: Any
) -> None:
    for kind, promised in (("console", False), ("smtp", True)):
        settings.EMAIL_BACKEND = f"django.core.mail.backends.{kind}.EmailBackend"
        page = anonymous_client.get("/accounts/password/reset/").content.decode()
        assert ("Send the link" in page) is promised
        assert ("Ask the administrator of this server" in page) is not promised


def test_the_composer_is_told_how_many_sources_the_library_has(
    world: World, alice_client: Client
) -> None:
    assert boot(alice_client.get("/"))["library_sources"] == 1
