"""What `steppe verify` compares the read model with: a fold of the log of its own, in memory that does not grow with the log."""
