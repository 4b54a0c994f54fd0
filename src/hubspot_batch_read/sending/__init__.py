"""Sends one request until it is answered, or until retrying is pointless.

sender      the loop: waits for the rate limit, calls, learns from the response, waits, retries
retries     what to do about a failed attempt: a pure function
limiter     the rate limit: when the next request may be sent
budgets     rate limits that processes share, in Redis or a file
limits      what users pass as a rate limit, and what HubSpot states in its headers
"""
