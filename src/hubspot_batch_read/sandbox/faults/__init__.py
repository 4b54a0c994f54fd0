"""What can go wrong with a request, which request it happens to, and how it is carried out."""
