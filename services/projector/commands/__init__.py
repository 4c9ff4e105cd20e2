"""Commands for operators that need the fold: verify, and adopting a replaced log."""
