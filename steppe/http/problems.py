"""How every service spells a refusal: RFC 9457 problem documents. Knows HTTP's words; which problems there are, each service
says itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steppe.http.security_headers import OF_DATA

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One row of a service's table. `slug` is public: programs may branch on the type that ends in it."""

    slug: str
    status: int
    title: str
    retry_after_seconds: int | None = None

    @property
    def type(self) -> str:
        """The stable URI of the kind of problem."""
        return f"urn:steppe:problem:{self.slug}"

    @property
    def headers(self) -> dict[str, str]:
        """What the answer says beside the document."""
        wait = {} if self.retry_after_seconds is None else {"Retry-After": str(self.retry_after_seconds)}
        # A fault is answered outside of every layer, so the document brings its headers with it.
        return {"Cache-Control": "no-store", **OF_DATA, **wait}

    def document(self, detail: str, instance: str, **members: Any) -> dict[str, Any]:
        """The problem as RFC 9457 spells it; `instance` is the path that was asked, quoted, `members` are extensions."""
        return {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": detail,
            "instance": instance,
            **members,
        }
