"""A folder of pictures, one PNG a page."""

from __future__ import annotations

from pathlib import Path

from formreader.errors import OutputError
from formreader.output import write_bytes
from formreader.readings import PageReading

__all__ = ["PictureFolder"]


class PictureFolder:
    """A folder of pictures, one PNG a page, named after the source.

    Args:
        folder: Made when the first picture is written.
        option: The option that named it, for people.
    """

    def __init__(self, folder: Path, option: str) -> None:
        """Begin with no picture written."""
        self._folder, self._option = folder, option
        self._written: set[Path] = set()

    def write(self, reading: PageReading, picture: bytes) -> Path:
        """Write the picture of one page.

        Args:
            reading: Of the page, which the file is named after.
            picture: A PNG.

        Returns:
            The file, `scan.jpg.png` for `scan.jpg`; numbered if a page of the same name
            came before.

        Raises:
            OutputError: If the folder cannot be made or the file cannot be written.
        """
        path = self._free_path(reading)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_bytes(path, picture)
        except OSError as error:
            raise OutputError(
                f"cannot write the picture ({error.strerror}); choose another folder "
                f"with {self._option}",
                path=path,
            ) from error
        self._written.add(path)
        return path

    def _free_path(self, reading: PageReading) -> Path:
        name = Path(reading.source).name
        if reading.page_index:
            name += f"-page{reading.page_index + 1}"
        path, count = self._folder / f"{name}.png", 1
        while path in self._written:
            count += 1
            path = self._folder / f"{name}-{count}.png"
        return path
