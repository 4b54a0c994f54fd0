"""Writes the records and missing ids of a read to files, and resumes after a crash.

`writer` writes one chunk at a time, and keeps a `checkpoint`. `formats` and `parquet` convert
records, `missing` converts missing ids. `appended` has the files themselves, which are only
appended to, or truncated to a checkpoint; `locks` keeps out other runs.
"""

from hubspot_batch_read.files.errors import FileRefusedError
from hubspot_batch_read.files.formats import FileFormat
from hubspot_batch_read.files.places import Places, Target
from hubspot_batch_read.files.writer import FileWriter

__all__ = ["FileFormat", "FileRefusedError", "FileWriter", "Places", "Target"]
