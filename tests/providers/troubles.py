"""What goes wrong at providers, by name, with the words and codes that each of them uses."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Trouble:
    """One refusal or failure. The same trouble has another status at Anthropic's than at OpenAI's."""

    status: int
    openai_type: str
    openai_code: str | None
    anthropic_type: str
    message: str
    anthropic_status: int | None = None
    """Where it differs from `status`."""
    anthropic_message: str | None = None

    def as_told_by(self, dialect: str) -> Trouble:
        """With the status and words of that dialect."""
        if dialect != "anthropic":
            return self
        return replace(
            self,
            status=self.anthropic_status or self.status,
            message=self.anthropic_message or self.message,
        )


TROUBLES = {
    "rate_limit": Trouble(
        429,
        "requests",
        "rate_limit_exceeded",
        "rate_limit_error",
        "Rate limit reached for requests. Please try again later.",
    ),
    "quota": Trouble(
        429,
        "insufficient_quota",
        "insufficient_quota",
        "invalid_request_error",
        "You exceeded your current quota, please check your plan and billing details.",
        400,
        "Your credit balance is too low to access the API. Please go to Plans & Billing.",
    ),
    "auth": Trouble(
        401,
        "invalid_request_error",
        "invalid_api_key",
        "authentication_error",
        "Incorrect API key provided.",
        anthropic_message="invalid x-api-key",
    ),
    "permission": Trouble(
        403,
        "invalid_request_error",
        "model_not_allowed",
        "permission_error",
        "This key may not use the model.",
    ),
    "model_not_found": Trouble(
        404,
        "invalid_request_error",
        "model_not_found",
        "not_found_error",
        "The model does not exist or you do not have access to it.",
    ),
    "context": Trouble(
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "invalid_request_error",
        "This model's maximum context length is exceeded by your messages.",
        anthropic_message="prompt is too long",
    ),
    "content_filter": Trouble(
        400,
        "invalid_request_error",
        "content_filter",
        "invalid_request_error",
        "The prompt was blocked by the content filter.",
        anthropic_message="Output blocked by content filtering policy",
    ),
    "invalid": Trouble(
        400,
        "invalid_request_error",
        "invalid_request",
        "invalid_request_error",
        "The request is invalid.",
    ),
    "schema": Trouble(
        400,
        "invalid_request_error",
        "invalid_request",
        "invalid_request_error",
        "response_format is not supported",
    ),
    "timeout": Trouble(408, "timeout", "timeout", "timeout_error", "Request timed out.", 504),
    "server": Trouble(
        500,
        "server_error",
        "server_error",
        "api_error",
        "The server had an error while processing your request.",
        anthropic_message="Internal server error",
    ),
    "bad_gateway": Trouble(502, "server_error", "bad_gateway", "api_error", "Bad gateway."),
    "unavailable": Trouble(
        503,
        "server_error",
        "overloaded",
        "overloaded_error",
        "The engine is currently overloaded, please try again later.",
        529,
        "Overloaded",
    ),
    "gateway_timeout": Trouble(
        504, "server_error", "gateway_timeout", "timeout_error", "Gateway timeout."
    ),
    "overloaded": Trouble(529, "server_error", "overloaded", "overloaded_error", "Overloaded"),
}
"""By name. Statuses and codes are those of the providers' public references."""


def beyond_window(window: int, prompt: int, answer: int, *, named: str) -> Trouble:
    """The refusal of what does not fit into a window of `window` tokens, with its figures."""
    both = (
        f"This model's maximum context length is {window} tokens. However, you requested "
        f"{prompt + answer} tokens ({prompt} in the messages, {answer} in the completion). Please "
        "reduce the length of the messages or completion."
    )
    anthropic = (
        f"prompt is too long: {prompt} tokens > {window} maximum"
        if prompt > window
        else f"input length and `{named}` exceed context limit: {prompt} + {answer} > {window}, "
        f"decrease input length or `{named}` and try again"
    )
    return replace(TROUBLES["context"], message=both, anthropic_message=anthropic)
