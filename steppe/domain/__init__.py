"""What the business means: pure functions over frozen values. Knows the domain page; knows no clock, no I/O, no library."""
