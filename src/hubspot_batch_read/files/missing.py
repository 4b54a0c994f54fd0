"""The file of missing ids: a JSON line for each, with the same keys on every line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import get_args

from hubspot_batch_read.core.account import Why
from hubspot_batch_read.core.id_texts import Key, normal_form
from hubspot_batch_read.core.results import Reason
from hubspot_batch_read.files.formats import json_line
from hubspot_batch_read.sentences import shortened

UNREAD = "unread"
"""The reason of ids that were not read."""
MOST_TEXTS = 5
"""Maximum number of texts of a list from HubSpot that are written."""


def missing_lines(missing: Iterable[tuple[Key, Why]]) -> bytes:
    """Return the lines of missing ids."""
    return b"".join(_line(str(key), why.reason, _said(str(key), why)) for key, why in missing)


def unread_line(id_: str, message: str | None) -> bytes:
    """Return the line for an id that was not read, with the reason."""
    return _line(id_, UNREAD, {"message": message})


def is_ours(path: Path) -> bool:
    """Return whether a file consists of lines for missing ids."""
    with path.open("rb") as file:
        line = file.readline()
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(entry, dict) and entry.get("reason") in {*get_args(Reason), UNREAD}


def _line(id_: str, reason: str, said: Mapping[str, object]) -> bytes:
    nothing = dict.fromkeys(("category", "sub_category", "message", "context"))
    return json_line({"id": id_, "reason": reason, **nothing, **said})


def _said(id_: str, why: Why) -> Mapping[str, object]:
    """Return what HubSpot said about an id, shortened and without the other ids of the request."""
    context = islice((why.context or {}).items(), MOST_TEXTS)
    about = {shortened(name): _about(id_, texts) for name, texts in context}
    return {
        "category": shortened(why.category),
        "sub_category": shortened(why.sub_category),
        "message": shortened(why.message),
        "context": about or None,
    }


def _about(id_: str, texts: Sequence[str]) -> list[str]:
    """Return the texts that may be about an id: the id itself if it is among them."""
    for spelling in (id_, normal_form(id_)):
        if spelling in texts:
            return [spelling]
    return [shortened(text) for text in texts[:MOST_TEXTS]]
