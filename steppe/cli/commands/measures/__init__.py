"""Commands that print what the API reckons of many deals at once."""
