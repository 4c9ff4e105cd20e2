"""A disk that can be filled: a tmpfs of a few megabytes, and the ballast that fills it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CHUNK_BYTES = 256 * 1024


class SmallDisk:
    """A mounted folder. `fill` takes all that is free, `free` gives it back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Until not a byte more goes in. Whoever gives something back meanwhile loses that as well."""
        with contextlib.suppress(OSError), self._ballast.open("ab", buffering=0) as file:
            for size in (_CHUNK_BYTES, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass

    def free(self) -> None:
        """Give the space back. Twice is safe."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(megabytes: int) -> Iterator[SmallDisk]:
    """Mount one; it needs root, or sudo without a password. What uses it must have ended on leaving."""
    folder = Path(tempfile.mkdtemp(prefix="steppe-small-disk-"))
    folder.chmod(0o711)
    as_root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    options = f"size={megabytes}m,mode=0777"
    ran = subprocess.run(
        [*as_root, "mount", "-t", "tmpfs", "-o", options, "steppe-small-disk", folder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, (
        f"a small disk could not be mounted ({ran.stderr.strip()}): run this test as root, in a container with"
        " --cap-add SYS_ADMIN, or with sudo that asks no password"
    )
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run([*as_root, "umount", "--lazy", folder], check=True)
        folder.rmdir()
