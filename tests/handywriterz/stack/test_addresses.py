from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from handywriterz.stack import addresses
from handywriterz.stack.addresses import (
    SOCKET_PATH_LIMIT,
    StackError,
    broker_url,
    database_url,
    password,
    password_file,
    postgres_socket,
    redis_socket,
    redis_url,
    socket_dir,
)
from tests.stack_process import StackProcess

TEMPORARY = "/tmp"  # noqa: S108


def test_the_password_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first = password(tmp_path / "data")
    assert len(first) >= 32
    assert password(tmp_path / "data") == first
    assert stat.S_IMODE(password_file(tmp_path / "data").stat().st_mode) == 0o600


def test_processes_that_start_at_once_agree_on_the_password(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(lambda _: password(tmp_path), range(64)))
    assert len(made) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["stack-password"]


def test_two_data_folders_have_different_passwords(tmp_path: Path) -> None:
    assert password(tmp_path / "a") != password(tmp_path / "b")


def test_an_empty_password_file_is_refused_with_its_name(tmp_path: Path) -> None:
    password_file(tmp_path).touch()
    with pytest.raises(StackError, match=r"stack-password is empty"):
        password(tmp_path)


def test_a_data_folder_that_is_a_file_gives_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="check DATA_DIR"):
        password(tmp_path / "file")


def test_sockets_lie_in_a_short_data_folder() -> None:
    assert socket_dir(Path("/srv/hw")) == Path("/srv/hw/sockets")


@pytest.mark.parametrize("length", [60, 90, 200])
def test_socket_paths_fit_the_kernel_however_deep_the_data_folder(length: int) -> None:
    data_dir = Path("/srv") / ("x" * length) / "data"
    for path in (postgres_socket(data_dir), redis_socket(data_dir)):
        assert len(str(path).encode()) < SOCKET_PATH_LIMIT


def test_deep_data_folders_do_not_share_sockets() -> None:
    deep = Path("/srv") / ("x" * 90)
    assert socket_dir(deep / "a") != socket_dir(deep / "b")
    assert socket_dir(deep / "a") == socket_dir(deep / "b" / ".." / "a")


def test_a_socket_folder_made_by_someone_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    monkeypatch.setattr(
        addresses, "Path", lambda text: tmp_path if text == TEMPORARY else Path(text)
    )
    deep = tmp_path / ("x" * 90)
    outside = socket_dir(deep)
    assert outside.parent == tmp_path
    outside.symlink_to(tmp_path)
    with pytest.raises(StackError, match="belongs to someone else"):
        socket_dir(deep)


def test_the_database_url_carries_user_password_name_and_folder(tmp_path: Path) -> None:
    data_dir = tmp_path / "d é"
    url = urlsplit(database_url(data_dir))
    assert (url.scheme, url.username, url.path) == ("postgresql", "hw", "/handywriterz")
    assert url.password == password(data_dir)
    assert unquote(url.query) == f"host={socket_dir(data_dir)}"


def test_celery_reaches_the_same_redis_database_as_redis_py(servers: StackProcess) -> None:
    import redis
    from kombu.connection import Connection

    url = redis_url(servers.data_dir, db=3)
    with Connection(broker_url(url)) as connection:  # type: ignore[no-untyped-call]
        connection.SimpleQueue("doorbell").put({"run": 1})
    with redis.Redis.from_url(url) as client:
        assert client.llen("doorbell") == 1
        client.flushdb()


def test_the_broker_url_of_another_server_is_left_alone() -> None:
    assert broker_url("redis://cache.example.org:6379/2") == "redis://cache.example.org:6379/2"
