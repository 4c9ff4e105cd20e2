"""Questions that try something: other thresholds, or events that nobody sent. Nothing is written."""
