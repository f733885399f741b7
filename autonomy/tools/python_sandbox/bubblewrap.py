"""The sandbox as arguments of bubblewrap (`bwrap`)."""

from __future__ import annotations

import os
from pathlib import PurePosixPath

from autonomy.tools.python_sandbox.plan import DEVICES, ENVIRONMENT, USER, WORK, Plan


def start(plan: Plan) -> None:
    """Become bubblewrap, with an empty environment: one that it cleared could be read inside."""
    os.execve(plan.bubblewrap, arguments(plan), {})  # noqa: S606


def arguments(plan: Plan) -> list[str]:
    """The command line that stands for `plan`."""
    user = str(USER)
    said = ["bwrap", "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    said += ["--unshare-uts", "--unshare-cgroup-try", "--disable-userns", "--as-pid-1"]
    said += ["--uid", user, "--gid", user, "--hostname", "sandbox", "--die-with-parent"]
    said += ["--new-session", "--cap-drop", "ALL"]
    for name, value in ENVIRONMENT.items():
        said += ["--setenv", name, value]
    for bind in plan.binds:
        said += ["--ro-bind", bind.source, bind.target]
    for folder in plan.hidden:
        said += ["--size", "4096", "--tmpfs", folder, "--remount-ro", folder]
    said += ["--size", "4096", "--tmpfs", "/dev"]
    for name in DEVICES:
        said += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    said += ["--remount-ro", "/dev"]
    for text, place in plan.links:
        said += ["--symlink", text, place]
    for folder in _top_folders(plan):
        said += ["--tmpfs", folder]
    for descriptor, place in plan.files:
        said += ["--perms", "0444", "--file", str(descriptor), place]
    for folder in _top_folders(plan):
        said += ["--remount-ro", folder]
    said += ["--perms", "0700", "--size", str(plan.work_bytes), "--tmpfs", WORK]
    said += ["--chdir", WORK, "--remount-ro", "/", "--seccomp", str(plan.filter)]
    return [*said, "--", *plan.command]


def _top_folders(plan: Plan) -> list[str]:
    return sorted({f"/{PurePosixPath(place).parts[1]}" for _, place in plan.files})
