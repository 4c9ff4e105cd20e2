"""Reference series: versioned tables with their provenance, which measures are laid against. An operator may replace them."""
