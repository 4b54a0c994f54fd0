"""The ids that need not be read any more: they have a row or an answer, or came before."""

from hubspot_batch_read.ids import Key, normal_form, pack


class Done:
    """Ids, whatever way HubSpot or the user writes them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._keys: set[Key] = set()

    def add(self, id_: str) -> bool:
        """Add an id; tell whether it is a new one."""
        before = len(self._keys)
        self._keys.add(pack(normal_form(id_)))
        return len(self._keys) > before

    def __contains__(self, id_: str) -> bool:
        """Tell whether an id is there."""
        return pack(normal_form(id_)) in self._keys
