"""The read model as the API sees it: snapshots, decoded rows, other knowledge and other rules."""
