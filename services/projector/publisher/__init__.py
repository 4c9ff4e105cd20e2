"""Announces changes of flags and projects: the difference, its causes, the outbox and the leader that sends."""
