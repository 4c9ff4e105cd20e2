"""Markets: groups of parties, and what rivals do to each other."""
