"""The entry form: what happened is chosen, filled in, looked at and sent, by a person with a browser."""
