"""The drivers, which carry out a plan with threads or tasks, and return its results."""
