"""Which answer models a person may choose, each loaded once. It does not know how one is loaded or what it answers."""

import threading
from collections.abc import Callable, Sequence

from rag.api import Reader
from rag.pace import Place


class AnswerModels:
    """The program's own model and those beside it on disk; one person's choice changes nothing for the others."""

    def __init__(
        self,
        own: Reader,
        on_disk: Callable[[], Sequence[str]] = tuple,
        load: Callable[[str], Reader] | None = None,
        place: Callable[[str], Place] | None = None,
    ) -> None:
        """Offer `own` and what `on_disk()` names; `load` makes a reader of such a name and may raise RagError.

        `place` says where the pace of one is kept.
        """
        self._own = own
        self._on_disk = on_disk
        self._load = load
        self._place = place
        self._loaded: dict[str, Reader] = {own.name: own}
        self._lock = threading.Lock()

    @property
    def own(self) -> str:
        """The name of the program's own model."""
        return self._own.name

    def names(self) -> list[str]:
        """Return the names to choose from, the program's own first."""
        return list(dict.fromkeys((self.own, *self._on_disk())))

    def is_loaded(self, name: str | None) -> bool:
        """Tell whether `get` returns at once."""
        return (name or self.own) in self._loaded

    def place(self, name: str | None) -> Place | None:
        """Return where the pace of the model `name` is kept, if it is; None is the own one."""
        return self._place(name or self.own) if self._place else None

    def get(self, name: str | None) -> Reader:
        """Return the reader `name`, loaded now if it never was; the own one for None and for what is not on disk."""
        with self._lock:
            if name and self._load and name not in self._loaded and name in self.names():
                self._loaded[name] = self._load(name)
            return self._loaded.get(name or self.own, self._own)

    def close(self) -> None:
        """Free the models that were loaded here; the program's own belongs to its engine."""
        with self._lock:
            for reader in self._loaded.values():
                if reader is not self._own:
                    reader.close()
            self._loaded = {self.own: self._own}
