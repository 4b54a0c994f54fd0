"""Our spec, with the operations that the documents in `published` describe."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from comparison.documents import Document, load
from drift import SPEC

from .published import PATHS


def known(spec: Document) -> Document:
    """Return the spec without other operations."""
    paths = {path: spec.content["paths"][path] for path in PATHS.values()}
    return replace(spec, content={**spec.content, "paths": paths})


OURS: Final = known(load(str(SPEC))[0])
