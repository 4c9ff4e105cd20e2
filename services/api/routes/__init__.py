"""The routes, one file a resource: from a request to rows, from rows to an answer."""
