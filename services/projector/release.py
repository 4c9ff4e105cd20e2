"""Which release this is, as the installed package says: what it could not decode or fold, another one may."""

from importlib.metadata import version

RELEASE = version("steppe")
