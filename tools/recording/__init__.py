"""Record the responses to the fixtures' requests, without any data of the portal.

normalise       the rules: how each field is replaced
stand_ins       the values that replace others
leaks           a last check of a text for secrets
requests        sends requests, with the ids of your own portal
fixture_files   finds, formats and writes fixtures
"""
