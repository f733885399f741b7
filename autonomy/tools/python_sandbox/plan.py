"""What the launcher builds for one job: the view of the file system, and what is started in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

DEVICES = ("null", "zero", "full", "random", "urandom")
"""All that `/dev` has."""
WORK = "/work"
"""The only folder that can be written, and the program's current one."""
INPUT = "/in"
"""What was copied in, read-only."""
INSIDE = "/sandbox"
"""Where the files of `inside` are."""
PACKAGES = "/packages"
PYTHON = "/python"
ENVIRONMENT = {"LD_LIBRARY_PATH": f"{PYTHON}/lib"}
"""Of the first process inside."""
USER = 65534
"""User and group inside; outside it is the one that the product runs as, or that root lends."""


@dataclass(frozen=True, slots=True)
class Bind:
    """A file or folder of this machine that can be read, and run, inside."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the launcher needs; descriptors are those that it inherits."""

    parent: int
    """Process that starts the launcher; all ends with it."""
    bubblewrap: str
    """Path of `bwrap`; empty = the launcher makes the namespaces itself."""
    lent_user: int
    """User and group that root becomes before anything else."""
    binds: list[Bind]
    hidden: list[str]
    """Folders within them that are empty inside."""
    links: list[tuple[str, str]]
    """Symbolic links, as (what it says, where)."""
    files: list[tuple[int, str]]
    """Copied in, read-only: (descriptor, where)."""
    work_bytes: int
    work_inodes: int
    filter: int
    """Descriptor of the filter of system calls."""
    orders: int
    """Descriptor that the first process inside reads."""
    results: int
    """Descriptor that it writes to."""
    command: list[str]

    def dump(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def load(cls, text: bytes) -> Plan:
        fields = json.loads(text)
        fields["binds"] = [Bind(**bind) for bind in fields["binds"]]
        fields["links"] = [tuple(link) for link in fields["links"]]
        fields["files"] = [tuple(file) for file in fields["files"]]
        return cls(**fields)
