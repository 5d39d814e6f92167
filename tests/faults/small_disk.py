"""A disk of a few megabytes that can be filled to the last byte and emptied again: a file system in memory, mounted for a trial.

Mounting takes rights that not every machine gives; `CannotMount` says so.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


class CannotMount(RuntimeError):
    """This machine lets us mount nothing."""


@dataclass
class SmallDisk:
    """Where it is, and how often it was filled."""

    folder: Path
    fills: int = 0

    @contextmanager
    def full(self, left: int = 0) -> Iterator[None]:
        """No room but `left` bytes until the end of the block, whoever asks for it."""
        ballast = self.folder / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file:
                for block in (
                    1 << 20,
                    1 << 16,
                    1 << 12,
                ):  # others write at the same time: only trying tells when it is full
                    with suppress(OSError):
                        while file.write(bytes(block)):
                            pass
                file.truncate(max(0, file.tell() - left))
            self.fills += 1
            yield
        finally:
            ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(place: Path, megabytes: int = 96) -> Iterator[SmallDisk]:
    """The disk, mounted at a new folder `place`. Raises CannotMount."""
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(place)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        raise CannotMount(mounted.stderr.strip())
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.rmdir()
