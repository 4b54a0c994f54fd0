"""What a portal has. One module a family: what is drawn of it, and what a test can add to it."""
