"""What is kept of a folder, as if it were warmed or just indexed, again and again. It does not know what is asked."""

import os
import shutil
from pathlib import Path


class Kept:
    """The kept attention of a folder that nobody else uses, with what it was once set aside."""

    def __init__(self, folder: Path) -> None:
        """Take care of what is kept in `folder`."""
        self._folder, self._aside = folder, folder.with_name(f"{folder.name} aside")

    def set_aside(self) -> None:
        """Remember what is there now."""
        shutil.rmtree(self._aside, ignore_errors=True)
        if self._folder.exists():
            shutil.copytree(self._folder, self._aside, copy_function=os.link)  # entries are never written again

    def forget(self) -> None:
        """Make away with all of it, as if the folder were just indexed."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def bring_back(self) -> None:
        """Make it what it was when it was set aside, whatever was kept since."""
        self.forget()
        if self._aside.exists():
            shutil.copytree(self._aside, self._folder, copy_function=os.link)
