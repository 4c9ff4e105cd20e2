"""Settings of authentication, rate limits and the audit trail, which every HTTP service has beside its own."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Literal

from pydantic import Field, field_validator, model_validator

from steppe.settings import ServiceSettings, is_loopback

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class AccessSettings(ServiceSettings):
    """Settings with the prefix STEPPE_."""

    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    auth: Literal["none", "published-on-loopback", "keys", "oidc"] = Field(
        default="none",
        description="Who may ask. `none`: everybody, only on loopback. `published-on-loopback`: the same inside a container "
        "whose port is published on the host's loopback. `keys`: who shows an API key of STEPPE_KEYS. `oidc`: who shows "
        "a bearer token of STEPPE_OIDC_ISSUER.",
    )
    keys: str | None = Field(default=None, description="The file of API keys that `steppe keys` keeps.")
    oidc_issuer: str | None = Field(default=None, description="Whose tokens count: the `iss` that they carry.")
    oidc_audience: str | None = Field(default=None, description="Whom tokens are meant for: the `aud` they carry.")
    oidc_jwks: str | None = Field(
        default=None, description="Where the issuer's keys are. Absent: where its discovery document says."
    )
    oidc_algorithm: Algorithm = Field(default="RS256", description="The only algorithm that tokens may be signed with.")
    requests_a_minute_max: int = Field(
        default=3_000,
        ge=1,
        description="Requests of one key or token holder in a minute, unless the key says otherwise.",
    )
    requests_at_once_max: int = Field(
        default=500, ge=1, description="Requests that are answered at once, at most; probes go besides."
    )
    requests_at_once_a_caller_max: int = Field(
        default=100,
        ge=1,
        description="Requests of one key or token holder that are answered at once, at most; an operator's for metrics and "
        "the status go besides.",
    )
    trusted_proxies: str | None = Field(
        default=None,
        description="Addresses or networks of the proxies in front, with commas between: their X-Forwarded-For says whose "
        "address stands in the audit trail. Absent: nobody's does.",
    )
    audit: str | None = Field(
        default=None, description="The file that the audit trail is appended to. Absent: standard error."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses_or_networks(cls, value: str | None) -> str | None:
        for proxy in (value or "").split(","):
            try:
                ip_network(proxy.strip()) if value is not None else None
            except ValueError:
                raise ValueError(
                    f"{proxy.strip()[:80]!r} is no address or network of a proxy; write 10.0.0.7 or 10.0.0.0/24"
                ) from None
        return value

    @model_validator(mode="after")
    def _authentication_unless_loopback(self) -> AccessSettings:
        if self.auth == "none" and not is_loopback(self.host):
            raise ValueError(
                f"STEPPE_HOST={self.host} is reachable from outside and STEPPE_AUTH=none lets everybody in; "
                "listen on 127.0.0.1, or set STEPPE_AUTH=keys or oidc"
            )
        if self.auth == "keys" and not self.keys:
            raise ValueError("STEPPE_AUTH=keys needs STEPPE_KEYS, the file that `steppe keys make` makes")
        if self.auth == "oidc" and not (self.oidc_issuer and self.oidc_audience):
            raise ValueError("STEPPE_AUTH=oidc needs STEPPE_OIDC_ISSUER and STEPPE_OIDC_AUDIENCE")
        return self
