"""Record what answers the requests of the fixtures, with nothing of a portal left in it.

normalise       the rules: what becomes of each field
stand_ins       what a value is replaced by
leaks           the last look at a text, for secrets
requests        sends requests, with ids of a portal of one's own
fixture_files   finds fixtures, lays them out and writes them
"""
