"""Files that appear whole or not at all, whenever their writer is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from pydantic import BaseModel

from autonomy.models import Effect, EffectStatus, Run
from autonomy.runtime import content, effects
from autonomy.runtime.effect_files import drop_unreferenced_results, unreferenced_results
from autonomy.runtime.effects import RunEffects
from autonomy.runtime.fence import Fence
from autonomy.runtime.queue import Claim
from tests.autonomy.runtime.conftest import run_async

DATA = b"every byte counts " * 10_000


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(content, "default_storage", FileSystemStorage(location=tmp_path))
    return tmp_path / content.FOLDER


def killed_at(point: str) -> None:
    """Store DATA in a child process that is killed where it calls `point`."""
    child = os.fork()
    if child == 0:

        def die(*args: Any, **kwargs: Any) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        try:
            {
                "mkdir": lambda: setattr(content.Path, "mkdir", die),
                "mkstemp": lambda: setattr(content.tempfile, "mkstemp", die),
                "fdopen": lambda: setattr(content.os, "fdopen", die),
                "fsync": lambda: setattr(content.os, "fsync", die),
                "replace": lambda: setattr(content.Path, "replace", die),
                "flush_folder": lambda: setattr(content, "_flush_folder", die),
            }[point]()
            content.keep(DATA)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the child never came to {point}"


POINTS = ("mkdir", "mkstemp", "fdopen", "fsync", "replace", "flush_folder")


@pytest.mark.parametrize("point", POINTS)
def test_a_writer_killed_at_any_point_leaves_the_whole_file_or_none(point: str) -> None:
    killed_at(point)
    name = content.hashlib.sha256(DATA).hexdigest()
    if point == "flush_folder":
        assert content.load(name) == DATA
    else:
        with pytest.raises(content.ContentLost):
            content.load(name)
    assert content.keep(DATA) == name
    assert content.load(name) == DATA
    # Whatever the killed writer left besides is found.
    left = [path.name for path in content.unreferenced(lambda: {name}, -1)]
    assert len(left) == (1 if point in ("fdopen", "fsync", "replace") else 0)
    assert all(draft.startswith(content.DRAFT) for draft in left)


def test_the_same_bytes_are_written_once(root: Path) -> None:
    path = root / content.keep(DATA)[:2] / content.keep(DATA)
    before = path.stat().st_ino
    content.keep(DATA)
    assert path.stat().st_ino == before
    assert list(root.glob("*/*")) == [path]


def test_a_damaged_file_is_noticed_and_a_cut_one_written_anew(root: Path) -> None:
    name = content.keep(DATA)
    path = root / name[:2] / name
    path.write_bytes(DATA[:-1] + b"!")
    with pytest.raises(content.ContentLost, match="damaged"):
        content.load(name)
    path.write_bytes(DATA[:100])
    content.keep(DATA)
    assert content.load(name) == DATA


def test_a_full_disk_leaves_nothing_behind(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(content.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        content.keep(DATA)
    assert not list(root.glob("*/*"))


def test_a_file_that_is_stored_again_meanwhile_is_not_taken_for_lost(root: Path) -> None:
    name = content.keep(DATA)
    os.utime(root / name[:2] / name, (0, 0))

    def referenced() -> set[str]:
        content.keep(DATA)  # another worker is about to refer to it
        return set()

    assert list(content.unreferenced(referenced, 60.0)) == []


def test_a_file_that_is_stored_again_in_the_very_moment_of_its_removal_stays(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment is the one after the last look at the file in its place."""
    name = content.keep(DATA)
    path = root / name[:2] / name
    os.utime(path, (0, 0))
    rename = Path.rename

    def stored_first(self: Path, target: Path) -> Path:
        if self == path:
            content.keep(DATA)
        return rename(self, target)

    monkeypatch.setattr(content.Path, "rename", stored_first)
    assert content.drop_unreferenced(set, 60.0) == (0, 0)
    assert [p.name for p in path.parent.iterdir()] == [name]
    assert content.load(name) == DATA


@pytest.mark.parametrize("meanwhile", ["loaded", "stored", "referred to"])
def test_a_file_that_is_put_aside_for_removal_loses_nobody_anything(
    root: Path, meanwhile: str
) -> None:
    name = content.keep(DATA)
    path = root / name[:2] / name
    os.utime(path, (0, 0))
    answers = iter([set(), {name} if meanwhile == "referred to" else set()])

    def referenced() -> set[str]:
        if not path.exists():  # the second time
            assert content.load(name) == DATA
            if meanwhile == "stored":
                content.keep(DATA)
        return next(answers)

    dropped, _ = content.drop_unreferenced(referenced, 60.0)
    assert dropped == (0 if meanwhile == "referred to" else 1)
    assert [p.name for p in path.parent.iterdir()] == ([] if meanwhile == "loaded" else [name])


def test_a_file_left_aside_by_a_crash_is_still_loaded_and_removed_once_nobody_needs_it(
    root: Path,
) -> None:
    name = content.keep(DATA)
    path = root / name[:2] / name
    path.rename(path.with_name(content.ASIDE + name))
    assert content.load(name) == DATA
    assert content.drop_unreferenced(lambda: {name}, -1) == (0, 0)
    assert content.load(name) == DATA
    assert content.drop_unreferenced(set, -1) == (1, len(DATA))
    with pytest.raises(content.ContentLost):
        content.load(name)


# ----------------------------------------------------------------- between the file and its row


class Big(BaseModel):
    text: str


class Crash(BaseException):
    """The process dies here, as far as the ledger can tell."""


async def big() -> Big:
    return Big(text="x" * 200_000)


@pytest.mark.parametrize("point", ["before the file", "between file and row", "after the row"])
def test_a_crash_around_a_large_record_loses_nothing_and_leaves_only_what_is_found(
    start: Callable[..., Run],
    claim: Callable[[], Claim],
    monkeypatch: pytest.MonkeyPatch,
    point: str,
) -> None:
    run, fence = start(), claim().fence
    execute, keep = effects.execute, content.keep

    def crashing_execute(statement: str, parameters: Any) -> Any:
        if statement == effects.RECORD and point == "between file and row":
            raise Crash
        rows = execute(statement, parameters)
        if statement == effects.RECORD and point == "after the row":
            raise Crash
        return rows

    def crashing_keep(data: bytes) -> str:
        if point == "before the file":
            raise Crash
        return keep(data)

    with monkeypatch.context() as patch:
        patch.setattr(effects, "execute", crashing_execute)
        patch.setattr(content, "keep", crashing_keep)
        with pytest.raises(Crash):
            run_async(RunEffects(fence).once("k", "read", big, Big))

    done = Effect.objects.get().status == EffectStatus.DONE
    assert done == (point == "after the row")
    lost = list(unreferenced_results(-1))
    assert len(lost) == (1 if point == "between file and row" else 0)

    Run.objects.filter(pk=run.pk).update(fence=fence.number + 1)
    later = RunEffects(Fence(fence.run_id, fence.number + 1))
    assert run_async(later.once("k", "read", big, Big)) == run_async(big())
    assert list(unreferenced_results(-1)) == [], "the row refers to the file that was left"
    assert Effect.objects.get().attempts == (1 if done else 2)


def test_files_of_removed_runs_are_dropped(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    run_async(RunEffects(claim().fence).once("k", "read", big, Big))
    assert drop_unreferenced_results(-1) == (0, 0)
    run.delete()
    assert drop_unreferenced_results() == (0, 0), "young ones may just be about to get their row"
    files, size = drop_unreferenced_results(-1)
    assert (files, size > 200_000) == (1, True)
    assert drop_unreferenced_results(-1) == (0, 0)
