"""Reads of whole tables, for Spark, Ray and Dask, and for many portals.

`table_read` describes a read, so that it can be sent to another process; `checks` finds mistakes
in the description. In the other process, `inputs` extracts the ids, `partition` reads those of one
portal and `portals` those of many, and `outcomes` makes the rows. `spark`, `ray` and `dask` pass a
description to their engine. All need the extra `arrow`.
"""
