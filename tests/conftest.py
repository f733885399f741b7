"""What all tests share: embedded servers of their own, people, and the whole product as a process.

Nothing starts before a test asks for it: tests of pure parts run without servers. The servers
live in a temporary `DATA_DIR`, which has to be in the environment before Django's settings load.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import django
import hypothesis
import pytest
from django.conf import settings

from handywriterz.stack.addresses import DATABASE_NAME
from tests import ready_made
from tests.stack_process import OUTSIDE_OFF, UNSET, UNSET_PREFIXES, StackProcess

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

if settings.configured:
    pytest.exit("Unset DJANGO_SETTINGS_MODULE: tests/conftest.py sets it with its own DATA_DIR.", 1)

# A script's shell lets what it starts in the background ignore this signal, and it all would be
# inherited: what tests kill with it would live on.
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

DATA_DIR = Path(tempfile.mkdtemp(prefix="hw-"))
PASSWORD = "correct horse battery staple"

for _name in [n for n in os.environ if n in UNSET or n.startswith(UNSET_PREFIXES)]:
    del os.environ[_name]
os.environ |= OUTSIDE_OFF
os.environ |= {"DATA_DIR": str(DATA_DIR), "DJANGO_SETTINGS_MODULE": "handywriterz.settings"}
ready_made.give_password(DATA_DIR)
django.setup()
settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = DATABASE_NAME
# Hashing passwords slowly and hashing the names of static files only cost time here.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
settings.STORAGES = settings.STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}

# CI asks the same every time: what a search by chance finds is found at a desk, not there.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Each process sets its own `DATA_DIR` and loads Django's settings for itself."""
    for name in ("DATA_DIR", "DJANGO_SETTINGS_MODULE"):
        os.environ.pop(name, None)


NEED_SERVERS = {"servers", "db", "transactional_db", "django_db_setup", "redis_url", "live_stack"}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Make what tests copy before the first of them: no test's time limit may end that."""
    for item in session.items:
        names = set(getattr(item, "fixturenames", ()))
        if names & NEED_SERVERS or any(map(item.get_closest_marker, ("django_db", "stack"))):
            ready_made.models()
            return


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA_DIR, ignore_errors=True)


# ------------------------------------------------------------------------------------- servers


@pytest.fixture(scope="session")
def servers() -> Iterator[StackProcess]:
    """PostgreSQL and Redis of the test session, where Django's settings expect them."""
    stack = StackProcess("--servers-only", "--throwaway", data_dir=DATA_DIR, ready_made=True)
    stack.start()
    yield stack
    # No test is left: threads of this process need not tell that the servers have gone.
    logging.disable()
    stack.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: StackProcess) -> None:
    """Start the servers before pytest-django makes its test database on them."""


@pytest.fixture
def redis_url(servers: StackProcess) -> str:
    """URL of the session's Redis, emptied for this test. What tests before counted in this process
    and has not been sent yet is forgotten: it would come in here a moment later."""
    import redis

    from autonomy.runtime.metrics import TALLY
    from autonomy.runtime.metrics_store import STORE

    url: str = settings.REDIS_URL
    with STORE._sending, redis.Redis.from_url(url) as client:
        TALLY.take()
        STORE._batch = None
        client.flushall()
    return url


@pytest.fixture(scope="session")
def live_stack() -> Iterator[StackProcess]:
    """The whole product, started as people start it, in rule mode and open for sign-up.

    It has its own database: reach it by HTTP or `live_stack.manage(…)`, not by the ORM. Mark
    tests that use it with `stack`.
    """
    stack = StackProcess(ready_made=True, SIGNUP="open")
    try:
        yield stack.start()
    finally:
        stack.stop()
        stack.remove()


# -------------------------------------------------------------------------------------- people


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """Makes a person with a verified address: `make_user("carol", is_staff=True)`."""
    from allauth.account.models import EmailAddress
    from django.contrib.auth.models import User

    def make(name: str, **fields: object) -> User:
        email = f"{name}@example.org"
        user = User.objects.create_user(username=name, email=email, password=PASSWORD, **fields)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        return user

    return make


@pytest.fixture
def alice(make_user: Callable[..., User]) -> User:
    return make_user("alice")


@pytest.fixture
def bob(make_user: Callable[..., User]) -> User:
    return make_user("bob")


@pytest.fixture
def staff(make_user: Callable[..., User]) -> User:
    """A person who may do everything in the admin."""
    return make_user("staff", is_staff=True, is_superuser=True)


def _client(user: User | None) -> Client:
    from django.test import Client

    client = Client()
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def anonymous_client(db: None) -> Client:
    return _client(None)


@pytest.fixture
def alice_client(alice: User) -> Client:
    return _client(alice)


@pytest.fixture
def bob_client(bob: User) -> Client:
    return _client(bob)


@pytest.fixture
def staff_client(staff: User) -> Client:
    return _client(staff)
