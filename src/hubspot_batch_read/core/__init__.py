"""What a read does, without any I/O: which requests to send, and what became of each id.

ids        takes the ids from the caller's iterable, checked, each once
plan       hands out requests and takes their responses
chunk      ids that are read together; an id has one state
matching   sorts a response by the ids of its request
account    owns the places of the ids: to be returned, missing, unread
operation  what the plan has to know of an operation; `operations/` fills it in
results    what users see of it
"""
