"""Builds another read model beside the living one, from the log, and puts it in its place (docs/decisions/0011)."""
