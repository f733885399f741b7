"""The shared fixtures themselves."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection


def test_the_test_database_has_pgvector_and_the_tables(alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        assert ("vector",) in cursor.fetchall()
    assert "autonomy_runs" in connection.introspection.table_names()


def test_people_have_one_verified_address(alice: User, bob: User, staff: User) -> None:
    from allauth.account.models import EmailAddress

    assert EmailAddress.objects.filter(verified=True, primary=True).count() == 3
    assert [user.is_staff for user in (alice, bob, staff)] == [False, False, True]


def test_redis_is_empty_and_answers(redis_url: str) -> None:
    import redis

    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        assert client.set("k", "v")


@pytest.mark.django_db
def test_alice_is_gone_after_her_test() -> None:
    assert not User.objects.exists()
