"""The endpoints over HTTP: requests, responses, access tokens, rate limits and connections."""
