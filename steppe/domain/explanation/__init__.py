"""Plain words about projects, deals and flags."""
