"""The drivers: they carry a plan out with threads or tasks, and hand over what it finds."""
