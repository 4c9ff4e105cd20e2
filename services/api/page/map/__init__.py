"""The map: projects as points, on an outline of the region that they need."""
