"""Sends one request until it is answered, or until retrying is pointless.

sender      the loop: waits for the rate limit, calls, learns from the response, waits, retries
retries     what to do about a failed attempt: a pure function
limiter     the rate limit: when the next request may be sent
window      what HubSpot has counted, as far as a client knows
shared      the slots of a budget that processes share, and what to do without it
budgets     where such a budget is kept: in Redis or a file
limits      what users pass as a rate limit, and what HubSpot states in its headers
"""
