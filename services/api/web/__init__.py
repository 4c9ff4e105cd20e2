"""What every route shares of HTTP: query parameters, filters of lists, pagination, responses."""
