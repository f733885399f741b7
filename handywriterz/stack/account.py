"""The user that the embedded servers run as. PostgreSQL refuses root, so root lends it another."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from handywriterz.stack.addresses import StackError

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """Whom a server runs as; `user` None means the user who started the stack."""

    user: tuple[int, int] | None = None
    """uid and gid."""
    capability: int | None = None
    """Capability kept so that folders which the user may not enter (such as /root) can be passed."""

    def own(self, path: Path) -> None:
        """Make the folder `path` (mode 0700) and give it to this account."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.user is not None:
            os.chown(path, *self.user)
        path.chmod(0o700)


def choose_account(state: Path, needed: Iterable[Path]) -> Account:
    """The account for servers whose data lies in `state` and that must reach each of `needed`.

    Raises:
        StackError: root has no user to lend, or `state` belongs to somebody else.
    """
    uid = os.geteuid()
    owner = state.stat() if state.exists() else None
    if uid != 0:
        if owner is not None and owner.st_uid != uid:
            raise StackError(
                f"{state} belongs to user {_name(owner.st_uid)}; start as that user, "
                "or choose another DATA_DIR."
            )
        return Account()
    user = (owner.st_uid, owner.st_gid) if owner is not None and owner.st_uid != 0 else _lent()
    if all(_reachable(path, *user) for path in needed):
        return Account(user)
    return Account(user, _capability(state, user))


def _lent() -> tuple[int, int]:
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise StackError(
        "PostgreSQL refuses to run as root and there is no user named "
        f"{' or '.join(CANDIDATES)} to lend it; start HandyWriterz as an ordinary user."
    )


def _reachable(path: Path, uid: int, gid: int) -> bool:
    """Whether `uid`/`gid` may pass every folder above `path` and read or enter `path` itself."""
    path = path.resolve()
    for folder in path.parents:
        if not _allowed(folder, uid, gid, 0o1):
            return False
    return not path.exists() or _allowed(path, uid, gid, 0o5 if path.is_dir() else 0o4)


def _allowed(path: Path, uid: int, gid: int, wanted: int) -> bool:
    try:
        info = path.stat()
    except FileNotFoundError:
        return True  # made later, by us
    mode = stat.S_IMODE(info.st_mode)
    if info.st_uid == uid:
        mode >>= 6
    elif info.st_gid == gid:
        mode >>= 3
    return mode & wanted == wanted


def _capability(state: Path, user: tuple[int, int]) -> int:
    # Reading and searching is all that is needed; Docker's default set lacks that one but has
    # the wider override.
    held = _held()
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if held & (1 << capability):
            return capability
    raise StackError(
        f"PostgreSQL has to run as user {_name(user[0])}, who cannot enter the folders above "
        f"{state} or the installation; start HandyWriterz as an ordinary user."
    )


def _held() -> int:
    """Bits of the capabilities that this process has and may hand down (0 where unknown)."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    sets = dict(line.split(":", 1) for line in lines if line.startswith("Cap"))
    return int(sets.get("CapPrm", "0"), 16) & int(sets.get("CapBnd", "0"), 16)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
