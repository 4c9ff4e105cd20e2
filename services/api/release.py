"""Which release this is, as the installed package says. It stands in ETags: a new release may answer differently."""

from importlib.metadata import version

RELEASE = version("steppe")
