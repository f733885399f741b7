"""What a process costs: CPU seconds and resident memory, from /proc."""

from __future__ import annotations

import os
import re
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mb(pid: int) -> float:
    """Resident memory of a process, megabytes of 10^6 bytes; 0 when it is gone."""
    try:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def children(pid: int) -> list[int]:
    """Pids of the living direct children."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    except OSError:
        return found
    return found


def tree_cpu_seconds(pid: int, *, ended: bool = True) -> float:
    """CPU seconds of a process and its children; with `ended` also of those it has reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    reaped = (int(fields[13]) + int(fields[14])) / _TICKS if ended else 0.0
    return cpu_seconds(pid) + reaped + sum(cpu_seconds(child) for child in children(pid))


def machine() -> str:
    """This machine in a line."""
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    load = os.getloadavg()[0]
    return (
        f"{len(os.sched_getaffinity(0))} cores"
        f" ({model[1].strip() if model else os.uname().machine}),"
        f" {int(memory[1]) / 1e6 if memory else 0:.0f} GB,"
        f" {os.uname().sysname} {os.uname().release}, load {load:.1f} at the start"
    )
