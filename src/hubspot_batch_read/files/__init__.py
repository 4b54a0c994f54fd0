"""What a read brings, in files: the records, the missing ids, and how to go on after a crash.

`writer` writes what became of a chunk at a time, and keeps a `checkpoint` of it. `formats` and
`parquet` have the forms that records take, `missing` the lines of ids without one. `appended` are
the files themselves, which are only ever added to, or cut where a checkpoint was; `locks` keep
others away from them.
"""

from hubspot_batch_read.files.errors import FileRefusedError
from hubspot_batch_read.files.formats import FileFormat
from hubspot_batch_read.files.places import Places, Target
from hubspot_batch_read.files.writer import FileWriter

__all__ = ["FileFormat", "FileRefusedError", "FileWriter", "Places", "Target"]
