"""Record the responses to the fixtures' requests, without any data of the portal.

fixture_files   finds and formats fixtures
normalise       replaces the ids and date-times, which differ between recordings
requests        sends requests, with the ids of your own portal
leaks           searches for secrets
"""
