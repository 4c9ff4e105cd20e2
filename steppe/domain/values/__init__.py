"""Values of the domain: days and intervals, months, levels, states and spans."""
