"""What one person, file, run or process may take."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Limits(BaseModel):
    # -- limits
    upload_max_bytes: int = Field(
        default=100 * 1024 * 1024, gt=0, description="Largest uploaded file, bytes."
    )
    import_max_bytes: int = Field(
        default=10 * 1024 * 1024,
        gt=0,
        description="Largest file of references (BibTeX, RIS, CSL-JSON) that is imported, bytes.",
    )
    import_max_entries: int = Field(
        default=5_000, gt=0, description="Most references imported from one file."
    )
    import_max_seconds: float = Field(
        default=60.0,
        gt=0,
        description="Longest that one file of references may take to be read, seconds.",
    )
    style_max_bytes: int = Field(
        default=1024 * 1024, gt=0, description="Largest citation style (.csl) uploaded, bytes."
    )
    style_max_count: int = Field(
        default=50, gt=0, description="Most citation styles of their own that a person keeps."
    )
    style_probe_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Longest that an uploaded style may take for a few references, seconds.",
    )
    similarity_texts_max: int = Field(
        default=1_000,
        gt=0,
        description="Most texts (own sources and earlier documents) that one draft is compared with; the nearest to its run come first.",
    )
    similarity_chars_max: int = Field(
        default=60_000_000,
        gt=0,
        description="Most characters of all texts together that one draft is compared with.",
    )
    similarity_at_once: int = Field(
        default=2,
        gt=0,
        description="Comparisons of documents made at the same time in the whole deployment; others wait for their turn.",
    )
    similarity_at_once_per_user: int = Field(
        default=1,
        gt=0,
        description="Comparisons of one person's documents made at the same time.",
    )
    similarity_waiting_per_user: int = Field(
        default=10,
        gt=0,
        description="Comparisons one person may have waiting or being made; one more is refused until one of them is done.",
    )
    message_max_chars: int = Field(
        default=20_000, gt=0, description="Longest chat message, characters."
    )
    parse_max_pages: int = Field(default=2_000, gt=0, description="Most pages read from one file.")
    parse_max_chars: int = Field(
        default=10_000_000, gt=0, description="Most characters of text kept from one file."
    )
    files_at_once: int = Field(
        default=2,
        gt=0,
        description="Files one machine's worker reads at the same time, each in a process of its own.",
    )
    parse_timeout_seconds: float = Field(
        default=300.0, gt=0, description="Longest one file may take to parse, seconds."
    )
    parse_max_rows: int = Field(
        default=20_000, gt=0, description="Most rows read from one sheet; the rest are left out."
    )
    parse_ocr_languages: str = Field(
        default="eng",
        pattern=r"^(?:[A-Za-z_]+(?:\+[A-Za-z_]+)*)?$",
        description='Languages of scans, as Tesseract names them ("eng+deu"); empty for no OCR.',
    )
    parse_ocr_seconds: float = Field(
        default=240.0,
        ge=0,
        description="Time for OCR of one file (seconds), within the time above.",
    )
    report_max_pages: int = Field(
        default=3_000, gt=0, description="Most pages of a similarity report (PDF) that is read."
    )
    report_max_bytes: int = Field(
        default=20 * 1024 * 1024,
        gt=0,
        description="Largest similarity report as a web page or JSON that is read, bytes.",
    )
    report_timeout_seconds: float = Field(
        default=60.0, gt=0, description="Longest one similarity report may take to read, seconds."
    )
    report_reads_at_once: int = Field(
        default=2,
        gt=0,
        description="Similarity reports one web process reads at the same time; others wait for their turn.",
    )
    report_words_fewer_percent: float = Field(
        default=15.0,
        ge=0,
        le=100,
        description="How many fewer words than the draft a similarity report may count and still be of it, per cent.",
    )
    report_words_more_percent: float = Field(
        default=35.0,
        ge=0,
        description="How many more words (title page, references) it may count, per cent.",
    )
    report_words_apart: int = Field(
        default=150, ge=0, description="Besides, in either direction, words."
    )
    streams_per_user: int = Field(
        default=50,
        gt=0,
        description="Live views (sockets and event streams) one user may have open per web process.",
    )
    runs_per_user: int = Field(
        default=3, gt=0, description="Runs of one user that may be driven at once."
    )
    quota_runs_per_day: int | None = Field(
        default=None,
        ge=0,
        description="Runs a user may start per UTC day; unset or 0 = as many as they like. Staff can set other quotas for one user.",
    )
    quota_tokens_per_day: int | None = Field(
        default=None,
        ge=0,
        description="Model tokens of a user's runs per UTC day; unset or 0 = no limit but each run's own.",
    )
    quota_usd_per_day: float | None = Field(
        default=None,
        ge=0,
        description="US dollars of a user's runs per UTC day; unset or 0 = no limit but each run's own.",
    )
    run_messages_max: int = Field(
        default=200, gt=0, description="Most messages one run can be told while it goes on."
    )
    checkers: Literal["off", "offer", "always"] = Field(
        default="offer",
        description="Whether documents go to human checkers (members of the group Checkers) for their similarity report: never, when their owner asks, or each of them.",
    )
    checker_lease_minutes: float = Field(
        default=30.0,
        gt=0,
        description="How long a checker holds a document without a sign of life, minutes; an open page renews it.",
    )
    checker_max_passages: int = Field(
        default=500, gt=0, description="Most marked passages that are read from one checked file."
    )
    plan_max_sections: int = Field(
        default=40, gt=0, description="Most writing steps a person may give a plan."
    )
    plan_section_max_words: int = Field(
        default=10_000, gt=0, description="Most words a person may give one section of a plan."
    )
    analysis_files_max: int = Field(
        default=3, gt=0, le=10, description="Data files that one document computes with."
    )
    analysis_rows_max: int = Field(
        default=200_000,
        gt=0,
        description="Rows of a table that are computed with; the document says when there are more.",
    )
    analysis_parts_max: int = Field(
        default=10,
        ge=2,
        le=20,
        description="Most questions that are asked of one table, each with a table or figure.",
    )
    analysis_program_chars: int = Field(
        default=30_000, ge=1_000, description="Longest program that a model may write, characters."
    )
    analysis_figure_bytes: int = Field(
        default=2_000_000, ge=50_000, description="Largest picture of one figure, bytes."
    )
    analysis_result_bytes: int = Field(
        default=2_000_000,
        ge=50_000,
        description="Most of tables and sentences that one program may leave, bytes.",
    )
    rewrite_max_words: int = Field(
        default=120_000, gt=0, description="Words of a draft that one run improves."
    )
    rewrite_chunk_words: int = Field(
        default=350,
        ge=50,
        le=2_000,
        description="Words of a draft that a model is shown at once to improve.",
    )
    rewrite_parts_at_once: int = Field(
        default=4, ge=1, le=16, description="Parts of a draft that are improved side by side."
    )
    compare_max_words: int = Field(
        default=12_000,
        gt=0,
        le=100_000,
        description="Words and signs of one changed stretch that two versions of a document are compared by, one by one; a longer stretch is shown as replaced. 12,000 take up to 18 MB and 50 ms.",
    )
    runs_per_worker: int = Field(
        default=200, gt=0, description="Runs one worker process drives at once."
    )
    suspects_per_worker: int = Field(
        default=3,
        gt=0,
        description="Runs that may be what kills their workers, which one worker drives at once; each in a process of its own of about 300 MB, for one step.",
    )
    db_threads: int = Field(
        default=6, gt=0, description="Database threads (and connections) per worker process."
    )
