"""The order of the ids: a run that resumes a file must get the same ids in the same order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from attrs import define

from hubspot_batch_read.core.id_checks import InvalidIdError
from hubspot_batch_read.core.id_texts import text_of


@define(frozen=True)
class Mark:
    """Progress through the ids."""

    position: int = 0
    """Number of values, including invalid and repeated ones."""
    digest: str = ""
    """Hash of their texts, in order."""
    duplicates: int = 0
    """Number of repeated values among them."""


class Order:
    """A hash of values in their order. Texts are hashed together when it is asked for."""

    def __init__(self) -> None:
        """Start without values."""
        self._hash = hashlib.blake2b(digest_size=16)
        self._texts: list[str] = []

    def add(self, texts: Iterable[str]) -> None:
        """Add the texts of further values."""
        self._texts += texts

    def digest(self) -> str:
        """Return the hash of all values so far, in hexadecimal."""
        if self._texts:
            text = "\n".join(self._texts) + "\n"
            self._hash.update(text.encode(errors="surrogatepass"))
            self._texts = []
        return self._hash.hexdigest()


def spelling(value: object) -> str:
    """Return the text of a value that is hashed, which is the same in every run."""
    if isinstance(value, InvalidIdError):
        return value.value
    text = text_of(value)
    return type(value).__name__ if text is None else text
