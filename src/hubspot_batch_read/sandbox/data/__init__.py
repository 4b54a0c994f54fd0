"""The data of a portal. One module per family: generated objects, and those that tests add."""
