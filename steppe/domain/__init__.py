"""What the business means: pure functions over frozen values. No clock, no I/O, no library; `README.md` shows the way."""
