"""Who may ask: API keys, bearer tokens, scopes, limits and the audit trail, as one layer in front of a service."""
