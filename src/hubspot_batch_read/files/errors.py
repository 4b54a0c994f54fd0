"""What is raised if a file cannot be written or gone on with as it is."""

from __future__ import annotations

from hubspot_batch_read.sentences import SentenceError


class FileRefusedError(SentenceError):
    """A file is not written, since something would be lost or mixed up; nothing was changed."""
