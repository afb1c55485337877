"""A folder of pictures and tables, named after the pages that they are of."""

from __future__ import annotations

from pathlib import Path

from formreader.errors import OutputError
from formreader.output import write_bytes
from formreader.readings import PageReading

__all__ = ["PageFolder"]


class PageFolder:
    """A folder of files, one or more a page, named after the source.

    Args:
        folder: Made when the first file is written.
        option: The option that named it, for people.
    """

    def __init__(self, folder: Path, option: str) -> None:
        """Begin with no file written."""
        self._folder, self._option = folder, option
        self._written: set[Path] = set()

    def write(self, reading: PageReading, content: bytes, ending: str = ".png") -> Path:
        """Write a file about one page.

        Args:
            reading: Of the page, which the file is named after.
            content: What is in it.
            ending: Of its name, such as `-t1.csv`.

        Returns:
            The file, `scan.jpg.png` for `scan.jpg`; numbered if a page of the same name
            came before.

        Raises:
            OutputError: If the folder cannot be made or the file cannot be written.
        """
        path = self._free_path(reading, ending)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_bytes(path, content)
        except OSError as error:
            raise OutputError(
                f"cannot write into the folder ({error.strerror}); choose another "
                f"with {self._option}",
                path=path,
            ) from error
        self._written.add(path)
        return path

    def _free_path(self, reading: PageReading, ending: str) -> Path:
        name = Path(reading.source).name
        if reading.page_index:
            name += f"-page{reading.page_index + 1}"
        path, count = self._folder / f"{name}{ending}", 1
        while path in self._written:
            count += 1
            path = self._folder / f"{name}-{count}{ending}"
        return path
