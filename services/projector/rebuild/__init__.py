"""Builds another read model beside the active one, from the log, and puts it in its place (docs/decisions/0011)."""
