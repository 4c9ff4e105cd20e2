"""Answers to questions that try something: other thresholds, or events that nobody sent."""
