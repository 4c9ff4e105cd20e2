"""Authentication and authorization: API keys, OIDC tokens, scopes, rate limits and the audit trail, as one ASGI middleware."""
