"""The fold: from the events of one project to its life as spans of days."""
