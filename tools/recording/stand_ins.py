"""What a value of a portal is replaced by: always the same stand-in, with nothing of it left.

`normalise` says which value is what; this module says how each is written, and what stays because
HubSpot says it to everyone. A stand-in is its own stand-in, which makes the rules idempotent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote, urlsplit

FIRST: Final = 1000
INSTANT: Final = datetime(2026, 2, 11, 9, 14, 27, 310_000, tzinfo=UTC)
REQUEST_ID: Final = "6f1c2a8e-0d4b-4e57-9a63-5b8e7c1d2f90"

# What HubSpot says to everyone ----------------------------------------------------------------

OBJECT_TYPES: Final = {
    *("contact", "contacts", "company", "companies", "deal", "deals", "ticket", "tickets"),
    *("line_item", "line_items", "product", "products", "quote", "quotes", "lead", "leads"),
    *("call", "calls", "email", "emails", "meeting", "meetings", "note", "notes", "task", "tasks"),
    *("order", "orders", "cart", "carts", "invoice", "invoices", "communication", "communications"),
}
PATH_WORDS: Final = {
    *("crm", "objects", "associations", "batch", "read", "marketing", "campaigns", "assets"),
    *("automation", "workflow-id-mappings", "AD_CAMPAIGN", "FORM", "MARKETING_EMAIL"),
    *("MARKETING_EVENT", "MEETING_EVENT", "OBJECT_LIST", "SOCIAL_BROADCAST"),
}
VERSION: Final = "v[0-9]|20[0-9]{2}-[0-9]{2}(?:-beta)?"
API_HOSTS: Final = {"api.hubapi.com", "app.hubspot.com"}
DOCUMENTATION_HOSTS: Final = {"developers.hubspot.com", "knowledge.hubspot.com"}
OWN_PROPERTY: Final = re.compile("hs_[a-z_]+|id|inputs|after|type|flowId|workflowId")
KEPT: Final = "|".join(
    (
        *(f"{status}:? {HTTPStatus(status).phrase}" for status in (*range(400, 406), 429)),
        *(f"{status}:? {HTTPStatus(status).phrase}" for status in range(500, 505)),
        "520: Web server",
        "(?:line|column) [0-9]{1,6}",
        "batch is [0-9]{1,4}",
        r"OAuth 2\.0",
        r"utf-8|e\.g|i\.e",
        "(?<=[</])h[1-6]",
        VERSION,
        *map(re.escape, sorted(API_HOSTS | DOCUMENTATION_HOSTS)),
        r"(?:crm|marketing|automation)(?:\.[a-z_-]+)*\.(?:read|write)|com\.hubspot(?:\.[A-Za-z]+)+",
    )
)
"""What stays in a sentence although it has a digit or a dot."""
LONGEST_WORD: Final = 30

# How values are written -----------------------------------------------------------------------

GUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
LINK: Final = re.compile(r"""[Hh][Tt]{2}[Pp][Ss]?://[^\s"'<>]*[^\s"'<>.,;:!?)\]}]""")
MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:(?P<t>[Tt ])[0-9]{2}:[0-9]{2}"
    r"(?:(?P<seconds>:[0-9]{2})(?:(?P<point>[.,])(?P<fraction>[0-9]+))?)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_DIGITS: Final = re.compile("[0-9]+")
_DECIMAL: Final = re.compile(r"-?[0-9]+\.([0-9]+)")
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+")
_TYPE: Final = re.compile("(?P<kind>[0-9]-)(?P<id>[0-9]+)|p(?P<portal>[0-9]*)_(?P<name>.+)")
_WORD: Final = re.compile(r"[^\W\d_]+(?:[_-]+[^\W\d_]+)*")
_STAND_IN: Final = re.compile("(id|text|type|email|property|cursor)-[0-9]{4,}(?:%3D)?")
_RANKS: Final = ("request", "id", "cursor", "type", "property", "email", "text")

# A piece of a sentence begins and ends with one of these, and may have dots, plus and minus inside.
_W: Final = r"\w%@"
_BEGIN: Final = rf"(?<![{_W}])"
_END: Final = rf"(?![{_W}]|[.+-]+[{_W}])"


class StandIns:
    """The stand-ins of one exchange, numbered as they are asked for."""

    def __init__(self, known: Mapping[str, str]) -> None:
        """Take texts that sentences may hold, with their kinds: what an earlier one has met."""
        self.met: dict[str, str] = {}
        """The texts that got a stand-in that is no number, with their kinds."""
        self._known = known
        self._numbers: dict[tuple[str, str], int] = {}
        self._counts: dict[str, int] = dict.fromkeys((*_RANKS, "link"), FIRST)

    def digits(self, text: str) -> str:
        """Replace a number; zeros before it stay, and so does zero."""
        number = text.lstrip("0")
        zeros = text[: len(text) - len(number)]
        return zeros + (str(self._number("id", number)) if number else "")

    def identifier(self, text: str) -> str:
        """Replace an id."""
        if _DIGITS.fullmatch(text):
            return self.digits(text)
        return self._guid(text) if GUID.fullmatch(text) else self._opaque("id", text)

    def request_id(self, text: str) -> str:
        """Replace the id of a request."""
        self._meet("request", text.lower() if GUID.fullmatch(text) else text)
        return REQUEST_ID

    def cursor(self, text: str) -> str:
        """Replace a cursor. A link may hold it with escapes that its own field does not have."""
        if not text or _DIGITS.fullmatch(text) or GUID.fullmatch(text):
            return self.identifier(text)
        self._meet("cursor", text)
        number = self._number("cursor", unquote(text).rstrip("="))
        return f"cursor-{number}" + ("%3D" if re.search("%[0-9A-Fa-f]{2}", text) else "")

    def object_type(self, text: str) -> str:
        """Replace a custom type of object: `2-9001`, `p_cars` or `p12345_cars`."""
        if text.lower() in OBJECT_TYPES or re.fullmatch("0-[0-9]+", text):
            return text
        if not text or _DIGITS.fullmatch(text) or GUID.fullmatch(text):
            return self.identifier(text)
        custom = _TYPE.fullmatch(text)
        if custom and custom["id"]:
            return f"{custom['kind']}{self.digits(custom['id'])}"
        self._meet("type", text)
        name = custom["name"] if custom else text
        portal = f"p{self.digits(custom['portal'])}_" if custom else ""
        return f"{portal}type-{self._number('type', name)}"

    def association(self, text: str) -> str:
        """Replace the name of a type of association."""
        return self._opaque("type", text)

    def property_name(self, text: str) -> str:
        """Replace the name of a property that HubSpot did not define."""
        return text if OWN_PROPERTY.fullmatch(text) else self._opaque("property", text)

    def key(self, text: str) -> str:
        """Replace a key that HubSpot did not define. No two become one."""
        number = _DIGITS.fullmatch(text) or GUID.fullmatch(text)
        return self.identifier(text) if number else self._opaque("text", text)

    def moment(self, text: str) -> str | None:
        """Replace an instant or a day by the one for all. None if the text is neither."""
        match = MOMENT.fullmatch(text)
        if match is None:
            return None
        try:
            moment = datetime.fromisoformat(text.upper().replace(" ", "T"))
        except ValueError:  # February 30th
            return None
        moment = INSTANT + (moment.utcoffset() or timedelta())
        if match["t"] is None:
            return f"{moment:%Y-%m-%d}"
        seconds = f"{moment::%S}" if match["seconds"] else ""
        digits = len(match["fraction"] or "")
        fraction = (match["point"] or "") + f"{moment:%f}".ljust(digits, "0")[:digits]
        return (
            f"{moment:%Y-%m-%d}{match['t']}{moment:%H:%M}{seconds}{fraction}{match['zone'] or ''}"
        )

    def path(self, text: str, *, documentation: bool = False) -> str:
        """Replace what is none of HubSpot's words in a path."""
        own = re.compile("[A-Za-z_-]*" if documentation else VERSION)
        return "/".join(
            part if part in PATH_WORDS or own.fullmatch(part) else self.object_type(part)
            for part in text.split("/")
        )

    def link(self, text: str) -> str:
        """Replace what is none of HubSpot's words in a link, or all of it if it leads elsewhere."""
        try:
            parts = urlsplit(text)
        except ValueError:
            parts = urlsplit("")
        host = parts.netloc.lower()
        if host not in API_HOSTS | DOCUMENTATION_HOSTS:
            return f"https://example.com/link-{self._number('link', text)}"
        path = self.path(parts.path, documentation=host in DOCUMENTATION_HOSTS)
        query = parts.query and "?" + "&".join(map(self._parameter, parts.query.split("&")))
        fragment = parts.fragment and f"#{self.identifier(parts.fragment)}"
        return f"{parts.scheme}://{host}{path}{query}{fragment}"

    def text(self, text: str) -> str:
        """Replace a text of which nothing is known but what it looks like."""
        if not text or _DIGITS.fullmatch(text) or GUID.fullmatch(text):
            return self.identifier(text)
        if decimal := _DECIMAL.fullmatch(text):
            return "1." + "0" * len(decimal[1])
        if LINK.fullmatch(text):
            return self.link(text)
        return self.moment(text) or self._again(text)

    def sentence(self, text: str) -> str:
        """Replace everything in a sentence but the words."""
        return self._pieces.sub(self._piece, text)

    @cached_property
    def _pieces(self) -> re.Pattern[str]:
        return _pieces(frozenset(self._known))

    def _piece(self, match: re.Match[str]) -> str:
        piece = match[0]
        match match.lastgroup:
            case "kept":
                return piece
            case "link":
                return self.link(piece)
            case "moment":
                return self.moment(piece) or self._opaque("text", piece)
            case "known":
                return self._again(piece)
            case _:
                return self._chunk(piece)

    def _chunk(self, chunk: str) -> str:
        if _DIGITS.fullmatch(chunk) or GUID.fullmatch(chunk):
            return self.identifier(chunk)
        if _STAND_IN.fullmatch(chunk) or "@" in chunk:
            return self._again(chunk)
        if _TYPE.fullmatch(chunk):
            return self.object_type(chunk)
        is_word = len(chunk) <= LONGEST_WORD and _WORD.fullmatch(chunk)
        return chunk if is_word else self._opaque("id", chunk)

    def _again(self, text: str) -> str:
        """Replace a text by what it is elsewhere, or looks like."""
        looks = _STAND_IN.fullmatch(text)
        kind = self._known.get(text) or (looks[1] if looks else "email" if "@" in text else "text")
        match kind:
            case "request":
                return self.request_id(text)
            case "cursor":
                return self.cursor(text)
            case "type":
                return self.object_type(text)
            case _:
                return self._opaque(kind, text)

    def _parameter(self, text: str) -> str:
        name, equals, value = text.partition("=")
        name = name if re.fullmatch("[a-z][A-Za-z]*", name) else self.identifier(name)
        replace = self.cursor if name in {"after", "before"} else self.identifier
        return name + equals + replace(value)

    def _guid(self, text: str) -> str:
        guid = text.lower()
        if self._known.get(guid) == "request":
            return REQUEST_ID
        return f"00000000-0000-4000-8000-{self._number('id', guid):012d}"

    def _opaque(self, kind: str, text: str) -> str:
        if not text:
            return text
        self._meet(kind, text)
        return f"{kind}-{self._number(kind, text)}"

    def _meet(self, kind: str, text: str) -> None:
        self.met[text] = min(kind, self.met.get(text, kind), key=_RANKS.index)

    def _number(self, kind: str, key: str) -> int:
        if (kind, key) not in self._numbers:
            self._numbers[kind, key] = self._counts[kind]
            self._counts[kind] += 1
        return self._numbers[kind, key]


@lru_cache(maxsize=64)
def _pieces(known: frozenset[str]) -> re.Pattern[str]:
    """Give the pattern of all pieces of a sentence; what is between them stays."""
    cores = {re.sub(rf"^[^{_W}]+|[^{_W}]+$", "", text) for text in known}
    cores = {
        core for core in cores if core and not (_DIGITS.fullmatch(core) or GUID.fullmatch(core))
    }
    texts = sorted(map(re.escape, cores), key=len, reverse=True)
    whole = {"kept": KEPT, "known": "|".join(texts) or "(?!)", "moment": MOMENT.pattern}
    patterns = [f"(?P<{name}>{_BEGIN}(?:{pattern}){_END})" for name, pattern in whole.items()]
    chunk = f"(?P<chunk>[{_W}](?:[{_W}.+-]*[{_W}])?)"
    return re.compile("|".join((*patterns[:2], f"(?P<link>{LINK.pattern})", patterns[2], chunk)))
