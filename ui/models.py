"""Which answer models a person may choose, each loaded once. It does not know how one is loaded or what it answers."""

import threading
from collections.abc import Callable, Sequence

from rag.api import Reader


class AnswerModels:
    """The program's own model and those beside it on disk; one person's choice changes nothing for the others."""

    def __init__(
        self,
        own: Reader,
        on_disk: Callable[[], Sequence[str]] = tuple,
        load: Callable[[str], Reader] | None = None,
    ) -> None:
        """Offer `own` and what `on_disk()` names; `load` makes a reader of such a name and may raise RagError."""
        self._own = own
        self._on_disk = on_disk
        self._load = load
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
