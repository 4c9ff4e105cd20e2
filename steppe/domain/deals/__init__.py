"""Deals: phases, legs, holders, clocks and the physical state of the project."""
