"""Publishes transitions of flags and states of projects: the difference, its causes, the outbox relay, the leader."""
