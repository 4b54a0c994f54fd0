"""Sends one request, and retries it until it succeeds or retrying is pointless.

sender      the loop: waits for the rate limit, sends, learns from the response, retries
retries     whether and when to retry a failed attempt: a pure function
limiter     when the next request may be sent
window      the requests that HubSpot has counted, as far as a client knows
shared      slots of a budget that processes share, and of a client while it is unreachable
budgets     shared budgets, kept in Redis or in a file
limits      the rate limits that users pass, and those in HubSpot's headers
"""
