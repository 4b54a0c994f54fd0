"""Records as flat tables: which columns they have, and how these become Arrow's or data frames."""
