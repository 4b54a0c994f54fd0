"""The ids that need not be read: they were answered, or taken before."""

from hubspot_batch_read.core.ids import Key, normal_form, pack


class Done:
    """Ids taken in this run, and ids that were answered in the run that is continued.

    HubSpot may return the record of `42` for `0042`. So `0042` is not read after `42`, but
    `42` is after `0042`, and the same record is not written for both.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._answered: set[Key] = set()
        self._taken: set[Key] = set()
        self._spelt_otherwise: dict[Key, bool] = {}
        """Ids taken in another spelling than HubSpot's, and whether their record was written."""

    def add(self, id_: str) -> bool:
        """Add an id that was answered; return whether it is a new one."""
        before = len(self._answered)
        self._answered.add(pack(normal_form(id_)))
        return len(self._answered) > before

    def __contains__(self, id_: str) -> bool:
        """Return whether an id was answered."""
        return pack(normal_form(id_)) in self._answered

    def take(self, id_: str) -> bool:
        """Take an id; return whether it is to be read."""
        key, normal = pack(id_), pack(normal_form(id_))
        if normal in self._answered or normal in self._taken or key in self._taken:
            return False
        self._taken.add(key)
        if key != normal:
            self._spelt_otherwise.setdefault(normal, False)
        return True

    def is_written(self, id_: str) -> bool:
        """Return whether the record of an id was written; from now on it is."""
        normal = pack(normal_form(id_))
        is_written = self._spelt_otherwise.get(normal, False)
        if normal in self._spelt_otherwise:
            self._spelt_otherwise[normal] = True
        return is_written
