"""What the services that imitate OpenAI's API have in common: the key, and how they say what went wrong.

Source: openai-python's types and error handling.
"""

from __future__ import annotations

from servers.chassis.http import Answer
from servers.chassis.trouble import Kind, Trouble, kind_of

BASE_URL = "https://api.openai.com/v1"
CODES = {
    "insufficient_quota": Kind.CREDIT,
    "insufficient_user_quota": Kind.CREDIT,
    "billing_hard_limit_reached": Kind.CREDIT,
    "invalid_api_key": Kind.AUTH,
    "moderation_blocked": Kind.MODERATION,
    "content_policy_violation": Kind.MODERATION,
    "rate_limit_exceeded": Kind.THROTTLED,
}
"""What their codes mean."""


def trouble(answer: Answer) -> Trouble:
    """What an answer of this family of APIs says went wrong: {"error": {message, type, param, code}}."""
    error = answer.object().get("error")
    error = error if isinstance(error, dict) else {}
    code = str(error.get("code") or error.get("type") or "")
    kind = CODES.get(code) or kind_of(answer.status)
    message = str(error.get("message") or answer.text() or f"HTTP {answer.status}")
    return Trouble(kind, message[:300], code, answer.retry_after_seconds)
