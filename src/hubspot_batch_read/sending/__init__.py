"""Sends one request until it is answered, or until retrying is pointless.

sender      the loop: waits for the rate limit, calls, learns from the response, waits, retries
retries     what to do about a failed attempt: a pure function
limits      how long the next request has to wait for the rate limit
"""
