"""JSON text: by msgspec if it is installed, otherwise by the standard library."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from types import ModuleType
from typing import Any, NoReturn

from hubspot_batch_read_runtime.locks import Lock
from hubspot_batch_read_runtime.shapes import Shape
from hubspot_batch_read_runtime.values import FAULTS


class ConstantError(ValueError):
    """The text has a constant that only Python accepts as JSON, such as NaN."""


def decode(content: bytes | str) -> Any:
    """Decode JSON; the standard library accepts more than msgspec, such as UTF-16.

    Raises:
        ConstantError: The text is JSON except for a constant.
        ValueError, RecursionError: It is not JSON.
    """
    if (library := msgspec()) is not None:
        with suppress(library.MsgspecError, *FAULTS):
            return library.json.decode(content)
    return json.loads(content, parse_constant=_reject_constant)


def decode_as(shape: Shape, content: bytes | str) -> Any | None:
    """Decode JSON to the struct of a shape; return None if it does not match, or without msgspec.

    The shape learns unknown keys, so that its structs have fields for them.
    """
    library = msgspec()
    if library is None:
        return None
    try:
        return _decoder(shape)(content)
    except (library.MsgspecError, *FAULTS) as error:
        if not ("unknown field" in str(error) and _learn(shape, content)):
            return None
    with suppress(library.MsgspecError, *FAULTS):
        return _decoder(shape)(content)
    return None


def encode(value: object) -> bytes:
    """Encode a value as compact JSON.

    Raises:
        TypeError, ValueError: The value cannot be JSON.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


@cache
def msgspec() -> ModuleType | None:
    """Import msgspec at the first response; return None if it is not installed."""
    try:
        import msgspec as library  # noqa: PLC0415 - see above
    except ImportError:
        return None
    return library


_decoders: dict[Shape, Callable[[bytes | str], Any]] = {}
# Held while a decoder is created from shapes, or shapes learn keys.
_lock = Lock()


def _decoder(shape: Shape) -> Callable[[bytes | str], Any]:
    found = _decoders.get(shape)
    if found is None:
        from msgspec.json import Decoder  # noqa: PLC0415 - only if msgspec is installed

        with _lock:
            found = _decoders[shape] = Decoder(shape.struct()).decode
    return found


def _learn(shape: Shape, content: bytes | str) -> bool:
    """Let a shape learn the unknown keys of a body; return whether there were new ones."""
    with suppress(*FAULTS), _lock:
        if shape.learn(decode(content)):
            _decoders.clear()
            return True
    return False


def _reject_constant(constant: str) -> NoReturn:
    raise ConstantError(f"{constant} is not a JSON value")
