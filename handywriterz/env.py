"""The environment, parsed once. A wrong value stops start-up with a sentence that names it."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent

REGISTRIES = (
    "openalex",
    "crossref",
    "arxiv",
    "europe_pmc",
    "semantic_scholar",
    "pubmed",
    "unpaywall",
)
"""What SCHOLARLY_PROVIDERS takes besides `off`."""


class Env(BaseSettings):
    """Every variable the product reads. Field names in capitals are the variables' names."""

    model_config = SettingsConfigDict(
        env_file=BASE_DIR / ".env", extra="ignore", env_ignore_empty=True, frozen=True
    )

    # -- where things live
    data_dir: Path = Field(
        default=BASE_DIR / ".data",
        description="Folder that holds all state: database, files, logs.",
    )
    database_url: str | None = Field(
        default=None,
        description="postgresql://… of your own server with pgvector; unset starts the embedded one.",
    )
    redis_url: str | None = Field(
        default=None,
        description="redis:// or unix:// of your own server; unset starts the embedded one.",
    )

    # -- the web
    port: int = Field(default=8000, ge=1, le=65535, description="TCP port of the web server.")
    host: str = Field(default="127.0.0.1", description="Address the web server listens on.")
    public_url: str | None = Field(
        default=None,
        description="Address people use, e.g. https://write.example.org; sets hosts, CSRF and cookies.",
    )
    secret_key: SecretStr | None = Field(
        default=None, description="Django's signing key; unset keeps a generated one in DATA_DIR."
    )
    credentials_keys: SecretStr | None = Field(
        default=None,
        description="Secrets that encrypt stored provider keys, separated by commas: the first encrypts, all decrypt (`manage.py rotate_credentials` moves everything to the first); unset derives one from SECRET_KEY.",
    )
    debug: bool = Field(default=False, description="Django debug pages. Never in production.")
    signup: Literal["open", "invite", "closed"] = Field(
        default="closed",
        description="Who may sign up after the first visitor (who always may, and becomes staff).",
    )

    # -- mail
    email_url: SecretStr | None = Field(
        default=None,
        description="smtp://user:password@host:587 (STARTTLS) or smtps://…:465; unset writes mail to the server's log.",
    )
    email_from: str = Field(
        default="HandyWriterz <handywriterz@localhost>",
        description="Sender of the mail that the server sends.",
    )
    notify_by_email: Literal["on", "off"] = Field(
        default="off",
        description="Mail the owner of a run when it waits for a person, succeeds or fails. Each notice is sent at most once.",
    )

    web_requests_at_once: int = Field(
        default=24,
        gt=0,
        description="Requests that one web process works on at once, each with a database connection; streams and sockets do not count.",
    )
    web_wait_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Longest a request waits for its turn before it is answered with 503, seconds.",
    )

    # -- models
    handywriterz_model: str | None = Field(
        default=None,
        description="Model string for every role, e.g. openai:gpt-5-mini, anthropic:…, ollama:…; several, separated by commas, are tried in turn; unset = no-model mode.",
    )
    handywriterz_planner_model: str | None = Field(
        default=None, description="Model of the planner only."
    )
    handywriterz_writer_model: str | None = Field(
        default=None, description="Model of the writer only."
    )
    handywriterz_critic_model: str | None = Field(
        default=None, description="Model of the critic only."
    )
    handywriterz_debugger_model: str | None = Field(
        default=None, description="Model of the self-debugger only."
    )
    embedder: str | None = Field(
        default=None,
        description="Model that search by meaning uses, at any server with OpenAI's /embeddings, e.g. openai:text-embedding-3-small; what there is is embedded anew in the background. Unset = the built-in one.",
    )
    openai_base_url: str | None = Field(
        default=None,
        description="Any OpenAI-compatible server; the model string is then openai:<name> and a key is optional.",
    )
    anthropic_base_url: str | None = Field(
        default=None,
        description="Any server that speaks Anthropic's Messages; a key is then optional.",
    )
    ollama_base_url: str | None = Field(
        default=None, description="Address of an Ollama server, e.g. http://localhost:11434/v1."
    )
    openai_api_key: SecretStr | None = Field(
        default=None, description="Key of OpenAI, or of the server at OPENAI_BASE_URL."
    )
    anthropic_api_key: SecretStr | None = Field(default=None, description="Key of Anthropic.")
    google_api_key: SecretStr | None = Field(default=None, description="Key of the Gemini API.")
    openrouter_api_key: SecretStr | None = Field(default=None, description="Key of OpenRouter.")
    ollama_api_key: SecretStr | None = Field(
        default=None, description="Key of an Ollama server that asks for one."
    )
    model_timeout_seconds: float = Field(
        default=120.0, gt=0, description="Longest one attempt at a model call may take, seconds."
    )
    model_deadline_seconds: float = Field(
        default=300.0,
        gt=0,
        description="Longest a model call may take with all its attempts and waits, seconds.",
    )
    model_max_attempts: int = Field(
        default=4, ge=1, le=10, description="Attempts per model call, first included."
    )
    model_max_output_tokens: int = Field(
        default=8_192,
        ge=256,
        description="Most tokens of one answer; as many are set aside from the budget before a call.",
    )
    model_requests_per_minute: float | None = Field(
        default=None,
        gt=0,
        description="Most model calls per minute and provider account, shared by all workers; unset leaves the rate to the provider.",
    )
    model_circuit_failures: int = Field(
        default=5,
        ge=1,
        description="Failures of a provider in a row after which all workers leave its account alone for a while.",
    )
    model_circuit_seconds: float = Field(
        default=30.0,
        gt=0,
        description="Longest first pause of a failing provider account, seconds; it doubles with each further one, up to ten minutes.",
    )
    model_circuit_closed_seconds: float = Field(
        default=600.0,
        gt=0,
        description="Pause of a provider account whose key was refused or whose credit is gone, seconds; a changed key is tried at once.",
    )
    model_stall_seconds: float = Field(
        default=30.0,
        gt=0,
        description="A streamed answer that has begun and is silent for this long counts as broken off, seconds.",
    )
    model_unknown_usd_per_mtok: float = Field(
        default=15.0,
        ge=0,
        description="US dollars per million tokens counted when a model's price is unknown.",
    )
    model_private_addresses: Literal["everyone", "staff", "nobody"] = Field(
        default="staff",
        description="Whose own model connections may lead to this machine and to private networks (a local model server); those of the deployment always may.",
    )
    model_connections_per_user: int = Field(
        default=20, ge=0, description="Most model connections one person may keep."
    )
    model_tests_per_minute: int = Field(
        default=6, gt=0, description="Tests of model connections per minute and person."
    )

    # -- the outside: registries and the web
    scholarly_providers: str = Field(
        default="openalex,crossref,arxiv,europe_pmc,semantic_scholar,pubmed,unpaywall",
        description="Scholarly registries that are asked, separated by commas; `off` asks none.",
    )
    contact_email: str = Field(
        default="",
        max_length=200,
        description="Address that registries can write to when our requests trouble them; gives better treatment at Crossref and OpenAlex, and Unpaywall asks for it.",
    )
    openalex_url: str = Field(default="", description="Mirror of OpenAlex; unset asks its own.")
    openalex_api_key: SecretStr | None = Field(
        default=None,
        description="Free key of OpenAlex; without one it allows few searches a day.",
    )
    crossref_url: str = Field(default="", description="Mirror of Crossref; unset asks its own.")
    crossref_plus_token: SecretStr | None = Field(
        default=None, description="Token of Crossref's Metadata Plus."
    )
    arxiv_url: str = Field(default="", description="Mirror of arXiv's API; unset asks its own.")
    semantic_scholar_url: str = Field(
        default="", description="Mirror of Semantic Scholar's API; unset asks its own."
    )
    semantic_scholar_api_key: SecretStr | None = Field(
        default=None,
        description="Key of Semantic Scholar; without one all keyless callers share one rate.",
    )
    europe_pmc_url: str = Field(
        default="", description="Mirror of Europe PMC's API; unset asks its own."
    )
    pubmed_url: str = Field(default="", description="Mirror of PubMed's API; unset asks its own.")
    ncbi_api_key: SecretStr | None = Field(
        default=None, description="Key of NCBI (PubMed): ten requests a second in place of three."
    )
    unpaywall_url: str = Field(
        default="", description="Mirror of Unpaywall's API; unset asks its own."
    )
    scholarly_timeout_seconds: float = Field(
        default=15.0,
        gt=0,
        le=120,
        description="Longest a question waits for one registry, its turn and a second attempt included, seconds.",
    )
    outside_cache_hours: float = Field(
        default=24.0,
        ge=0,
        le=24 * 60,
        description="How long answers of registries are kept, hours; 0 keeps none.",
    )
    reference_check_seconds: float = Field(
        default=20.0,
        gt=0,
        le=300,
        description="Longest a run waits for registries to check the works it cites, seconds; whoever has not answered by then counts as unreachable.",
    )
    reference_recheck_days: float = Field(
        default=30.0,
        ge=0,
        description="How long what registries said of a work holds, days; corrected metadata is checked at once.",
    )
    web_search: Literal["off", "searxng", "brave", "tavily", "duckduckgo"] = Field(
        default="off", description="Search engine for web pages."
    )
    searxng_url: str = Field(
        default="", description="Address of a SearXNG server whose JSON output is switched on."
    )
    brave_url: str = Field(default="", description="Mirror of Brave's API; unset asks its own.")
    brave_api_key: SecretStr | None = Field(
        default=None, description="Key of the Brave Search API."
    )
    tavily_url: str = Field(default="", description="Mirror of Tavily's API; unset asks its own.")
    tavily_api_key: SecretStr | None = Field(default=None, description="Key of Tavily.")
    duckduckgo_url: str = Field(
        default="", description="Mirror of DuckDuckGo's page of results; unset asks its own."
    )
    fetch_max_bytes: int = Field(
        default=50 * 1024 * 1024,
        gt=0,
        description="Largest page or file fetched from outside, bytes.",
    )
    fetch_timeout_seconds: float = Field(
        default=60.0,
        gt=0,
        le=600,
        description="Longest one page or file may take to fetch, redirects included, seconds.",
    )
    fetch_max_redirects: int = Field(
        default=5, ge=0, le=20, description="Most redirects followed for one page or file."
    )
    outside_private_hosts: str = Field(
        default="",
        description="host:port of your own network that pages and files may be fetched from, separated by commas; nothing else that is private ever is.",
    )

    # -- tools that are learnt while it runs
    tool_document_max_bytes: int = Field(
        default=4 * 1024 * 1024,
        gt=0,
        description="Largest OpenAPI document that tools are learnt from, bytes.",
    )
    tool_operations_max: int = Field(
        default=60, gt=0, le=500, description="Tools that one document or server may bring."
    )
    tools_per_user: int = Field(
        default=200, gt=0, description="Learnt tools that one person may have."
    )
    tools_offered_max: int = Field(
        default=12,
        gt=0,
        le=100,
        description="Learnt tools that one run is offered: those that fit its task best.",
    )
    tool_call_seconds: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Longest one call of a learnt tool may take, seconds.",
    )
    tool_answer_max_bytes: int = Field(
        default=2 * 1024 * 1024,
        gt=0,
        description="Largest answer of a learnt tool that is read, bytes.",
    )
    tool_recordings_max: int = Field(
        default=40, ge=0, description="Calls of one learnt tool that are kept to prove repairs on."
    )
    tool_recording_max_bytes: int = Field(
        default=256 * 1024,
        gt=0,
        description="Largest call that is kept for repairs, bytes; a larger one is only counted.",
    )
    tool_tests_per_minute: int = Field(
        default=10, gt=0, description="Tries and previews of tools per person and minute."
    )

    tool_repair: Literal["auto", "approve", "off"] = Field(
        default="auto",
        description="What becomes of a proven repair of a learnt tool: used at once (auto), after staff agreed (approve), or none is tried (off).",
    )
    tool_repair_probes: int = Field(
        default=8,
        gt=0,
        le=40,
        description="Recorded calls of a failed tool that are made again to see what changed; only calls that change and cost nothing.",
    )
    tool_rollback_calls: int = Field(
        default=6,
        gt=1,
        le=20,
        description="Calls since a repair, the latest, that are looked at to decide whether it is taken back.",
    )
    tool_rollback_share: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Share of those calls (0 to 1) that must fail for a repair to be taken back.",
    )

    # -- how far a run looks outside
    search_works_per_query: int = Field(
        default=20, gt=0, le=100, description="Works asked for with one query."
    )
    search_candidates_max: int = Field(
        default=40, gt=0, le=500, description="Works that one round judges."
    )
    search_sources_max: int = Field(
        default=12, gt=0, le=50, description="Sources that one round keeps."
    )
    search_full_texts_max: int = Field(
        default=8, ge=0, le=50, description="Full texts and pages that one run fetches and reads."
    )
    search_bytes_max: int = Field(
        default=60_000_000, ge=0, description="Size of all full texts of one run together, bytes."
    )
    search_round_seconds: float = Field(
        default=120.0,
        gt=0,
        description="After this long one round fetches no further full text, seconds.",
    )
    search_read_seconds: float = Field(
        default=90.0,
        gt=0,
        description="Longest a run waits until one full text is read; then its abstract has to do, seconds.",
    )

    # -- watching over it
    log_format: Literal["text", "json"] = Field(
        default="text",
        description="Form of log lines: text for people, or one JSON object per line.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Bearer token that /metrics asks for; unset shows it to programs on this machine only.",
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        default=None,
        description="Address of an OpenTelemetry collector (OTLP over HTTP, e.g. http://localhost:4318); unset = no traces. The other OTEL_ variables of the specification work too.",
    )
    model_call_text_chars: int = Field(
        default=60_000,
        ge=0,
        description="Most characters of each prompt and each answer that are kept for staff, with the run's history; 0 keeps none.",
    )

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
        default=60.0, gt=0, description="Longest a data analysis may run, seconds."
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
        default=6,
        ge=2,
        le=20,
        description="Questions that are asked of one table, each with a table or figure.",
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
    db_threads: int = Field(
        default=6, gt=0, description="Database threads (and connections) per worker process."
    )

    # -- evaluation
    evaluation: Literal["off", "on"] = Field(
        default="off",
        description="For deployments that only `make evaluate` uses: people whom staff put into a group “Evaluation: without …” have that behaviour switched off in their runs, and their worker may be killed. Never in production.",
    )

    # -- durability
    lease_ttl_seconds: float = Field(
        default=15.0, gt=1, description="How long a run's lease lives without a heartbeat."
    )
    lease_beat_seconds: float = Field(default=2.0, gt=0, description="Seconds between heartbeats.")
    lease_grace_seconds: float = Field(
        default=0.5,
        gt=0,
        description="A worker whose lock is gone and whose beat is older than this is dead, seconds.",
    )
    effect_inline_bytes: int = Field(
        default=64 * 1024,
        gt=0,
        description="Largest recorded result of a call that is kept in the database, bytes; a larger one is kept in a file.",
    )
    effect_result_max_bytes: int = Field(
        default=16 * 1024 * 1024,
        gt=0,
        description="Largest result of a call that is kept at all, bytes; a call that returns more fails its step.",
    )
    slice_seconds: float = Field(
        default=60.0, gt=0, description="A run yields its place after this long if others wait."
    )

    # -- retention
    retention_history_days: int = Field(
        default=30,
        ge=0,
        le=36_500,
        description="Days after which a finished run's checkpoints are cut to the newest and those of human decisions; 0 keeps all. Documents, sources and the event log stay.",
    )
    retention_vectors_days: int = Field(
        default=30,
        ge=0,
        le=36_500,
        description="Days for which the vectors of an embedder that is no longer used are kept for going back to it; 0 keeps them for good. The built-in embedder's always stay.",
    )
    retention_notifications_days: int = Field(
        default=90,
        ge=0,
        le=36_500,
        description="Days after which a notification in the product is removed, read or not; 0 keeps them for good.",
    )
    upkeep_hours: float = Field(
        default=24.0, gt=0, description="Hours between two rounds of upkeep (`manage.py prune`)."
    )
    upkeep_batch_runs: int = Field(
        default=500, gt=0, description="Most runs whose history one round of upkeep cuts."
    )

    # -- similarity reports
    report_reminder_hours: float = Field(
        default=48.0,
        ge=0,
        le=8_760,
        description="Hours after which a person is reminded that a run waits for their similarity report; 0 reminds nobody.",
    )
    report_reminder_repeat_hours: float = Field(
        default=72.0,
        ge=0,
        le=8_760,
        description="Hours between two such reminders; 0 reminds once.",
    )
    report_expiry_days: float = Field(
        default=14.0,
        ge=0,
        le=3_650,
        description="Days after which a run no longer waits for a similarity report and ends with the draft it has; 0 waits for good.",
    )

    @field_validator("scholarly_providers")
    @classmethod
    def _known_registries(cls, value: str) -> str:
        names = [name for part in value.split(",") if (name := part.strip().lower())]
        if names in ([], ["off"]):
            return "off"
        if unknown := [name for name in names if name not in REGISTRIES]:
            raise ValueError(f"“{unknown[0]}” is none of {', '.join(REGISTRIES)} or off")
        return ",".join(dict.fromkeys(names))

    @field_validator("contact_email")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+", value):
            raise ValueError("it takes one plain e-mail address")
        return value

    @field_validator(
        "openalex_url",
        "crossref_url",
        "arxiv_url",
        "semantic_scholar_url",
        "europe_pmc_url",
        "pubmed_url",
        "unpaywall_url",
        "searxng_url",
        "brave_url",
        "tavily_url",
        "duckduckgo_url",
    )
    @classmethod
    def _an_http_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^/@\s]+(?:/[^\s]*)?", value):
            raise ValueError("it takes http:// or https:// and a host, without a user name")
        return value.rstrip("/")

    @field_validator("outside_private_hosts")
    @classmethod
    def _hosts_and_ports(cls, value: str) -> str:
        parts = [part for piece in value.split(",") if (part := piece.strip().lower())]
        for part in parts:
            host, _, port = part.rpartition(":")
            if not host or not port.isdigit() or not 0 < int(port) < 65_536:
                raise ValueError(f"“{part}” is not host:port")
        return ",".join(parts)

    @model_validator(mode="after")
    def _engine_can_be_asked(self) -> Self:
        needed = {
            "searxng": ("SEARXNG_URL", self.searxng_url),
            "brave": ("BRAVE_API_KEY", self.brave_api_key),
            "tavily": ("TAVILY_API_KEY", self.tavily_api_key),
        }
        name, value = needed.get(self.web_search, ("", "given"))
        if not value:
            raise ValueError(f"WEB_SEARCH={self.web_search} needs {name}")
        return self

    @property
    def registries(self) -> tuple[str, ...]:
        """Names of the scholarly registries that are asked."""
        off = self.scholarly_providers == "off"
        return () if off else tuple(self.scholarly_providers.split(","))

    @field_validator("email_url")
    @classmethod
    def _a_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("smtp://", "smtps://")):
            raise ValueError("it takes smtp:// or smtps://")
        return value


@cache
def env() -> Env:
    """The parsed environment of this process.

    Raises:
        SystemExit: with one sentence per wrong variable.
    """
    try:
        return Env()
    except ValidationError as error:
        lines = [f"{_named(item)}: {item['msg']}{_got(item)}." for item in error.errors()]
        sys.exit("Configuration error. " + " ".join(lines))


def _named(item: ErrorDetails) -> str:
    return f"{str(item['loc'][0]).upper()} is wrong" if item["loc"] else "Two settings clash"


def _got(item: ErrorDetails) -> str:
    """The value that was given, unless it is a secret."""
    if not item["loc"]:
        return ""
    field = Env.model_fields.get(str(item["loc"][0]))
    if field is None or "SecretStr" in str(field.annotation):
        return ""
    return f" (got {item['input']!r})"
