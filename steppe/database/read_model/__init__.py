"""The read model: from the events of some subjects to rows, markets included, and judging again under other rules."""
