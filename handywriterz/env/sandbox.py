"""Code execution."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Sandbox(BaseModel):
    # -- code execution
    sandbox: Literal["auto", "bubblewrap", "unshare", "off"] = Field(
        default="auto",
        description="How code is held: the strongest tier that holds here, one tier only, or not at all (`manage.py sandbox check` tells).",
    )
    sandbox_at_once: int = Field(
        default=2,
        gt=0,
        description="Programs that one process runs at the same time, each in a sandbox of its own.",
    )
    sandbox_analysis_seconds: float = Field(
        default=240.0,
        gt=0,
        description="Longest a data analysis may run, seconds; its computing is bounded by the processor time, and a busy machine takes longer over it.",
    )
    sandbox_analysis_cpu_seconds: int = Field(
        default=45, gt=0, description="Most CPU time of each process of a data analysis, seconds."
    )
    sandbox_analysis_memory_mb: int = Field(
        default=1_024,
        ge=128,
        description="Most memory of all processes of a data analysis together, MB.",
    )
    sandbox_repair_seconds: float = Field(
        default=20.0, gt=0, description="Longest the tests of a mended tool may run, seconds."
    )
    sandbox_repair_cpu_seconds: int = Field(
        default=15, gt=0, description="Most CPU time of each process of such tests, seconds."
    )
    sandbox_repair_memory_mb: int = Field(
        default=512, ge=128, description="Most memory of all processes of such tests together, MB."
    )
    sandbox_processes: int = Field(
        default=32, ge=8, description="Most processes and threads of one program at once."
    )
    sandbox_disk_mb: int = Field(
        default=64,
        gt=0,
        description="Most that one program may have written at once, MB of memory.",
    )
    sandbox_disk_files: int = Field(
        default=2_000,
        ge=50,
        description="Most files and folders that one program may have at once.",
    )
    sandbox_output_kb: int = Field(
        default=256,
        gt=0,
        description="Most that is kept of a program's output, and as much of its errors, KB; one that prints 40 times as much is ended.",
    )
    sandbox_in_mb: int = Field(
        default=64, gt=0, description="Most that is copied in for one program, MB."
    )
    sandbox_in_files: int = Field(
        default=100, gt=0, description="Most files that are copied in for one program."
    )
    sandbox_out_mb: int = Field(
        default=32, gt=0, description="Most that is copied out of one program, MB."
    )
    sandbox_out_files: int = Field(
        default=50, gt=0, description="Most files that are copied out of one program."
    )
