"""Questions of section 9 of the domain page, a measure each."""
