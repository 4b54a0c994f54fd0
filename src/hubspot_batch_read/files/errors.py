"""The exception that is raised if a file cannot be written or resumed."""

from __future__ import annotations

from hubspot_batch_read.sentences import SentenceError


class FileRefusedError(SentenceError):
    """A file was refused, because data would be lost or mixed up. No file was changed."""
