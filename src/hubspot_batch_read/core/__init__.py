"""The logic of a read, without any I/O: which requests to send, and what happened to each id.

ids        takes ids from the caller's iterable, checks them, and drops duplicates
plan       returns the next request, and processes responses
chunk      ids that are read together, each in one state
matching   assigns rows and errors of a response to the ids of its request
account    what happened to each id: its record is ready or returned, it is missing, or it is unread
operation  what the plan needs to know about an operation; `operations/` has an instance of each
results    the objects that users see
"""
