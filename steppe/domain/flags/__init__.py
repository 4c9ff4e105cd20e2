"""The flags of section 6: one file each, listed in `flag_registry`; `flag_state` follows one of them from day to day."""
