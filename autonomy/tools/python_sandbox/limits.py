"""How much one job may take of the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autonomy.core.sandbox import Profile


@dataclass(frozen=True, slots=True)
class ProfileLimits:
    """What differs between the uses of the sandbox."""

    wall_seconds: float
    cpu_seconds: int
    """Of each process."""
    memory_mb: int
    """Of all processes together."""


@dataclass(frozen=True, slots=True)
class Limits:
    profiles: Mapping[Profile, ProfileLimits] = field(
        default_factory=lambda: {
            Profile.REPAIR: ProfileLimits(20.0, 15, 512),
            Profile.ANALYSIS: ProfileLimits(240.0, 45, 1_024),
        }
    )
    processes: int = 32
    """Processes and threads at once."""
    disk_mb: int = 64
    """All that the program writes, deleted files not counted."""
    disk_files: int = 2_000
    """Files and folders that it makes."""
    output_kb: int = 256
    """Kept of stdout, and as much of stderr."""
    in_mb: int = 64
    in_files: int = 100
    out_mb: int = 32
    out_files: int = 50
    at_once: int = 2
    """Jobs that run side by side in one process; others wait for their turn."""


SETTINGS = {
    "wall": "SANDBOX_{profile}_SECONDS",
    "cpu": "SANDBOX_{profile}_CPU_SECONDS",
    "memory": "SANDBOX_{profile}_MEMORY_MB",
    "processes": "SANDBOX_PROCESSES",
    "inodes": "SANDBOX_DISK_FILES",
    "output": "SANDBOX_OUTPUT_KB",
    "in_bytes": "SANDBOX_IN_MB",
    "in_files": "SANDBOX_IN_FILES",
    "out_files": "SANDBOX_OUT_FILES",
}


def setting(limit: str, profile: Profile) -> str:
    """Name of the setting behind a limit."""
    return SETTINGS[limit].format(profile=profile.name)
