"""The events that make one project or party of two, and those that undo it. Pure: from the events of the log to those to send."""
