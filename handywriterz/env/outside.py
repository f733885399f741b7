"""The outside world that runs look into: registries, the web, pages and files."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

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


class Outside(BaseModel):
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
