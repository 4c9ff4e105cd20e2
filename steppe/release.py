"""Which release this is. It stands in ETags, because a new one may answer differently, and beside what was quarantined: what one
release cannot decode or fold, another may. The package's version is read from here, so images need no installed package."""

RELEASE = "0.3.0"
EDITION = 3
"""The edition of the domain page by which this release judges. `steppe migrate` judges again what another edition has judged."""
