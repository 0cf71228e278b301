"""The deployment revision: a hash over the bytes of a node's data, as the charts compute it with Sprig."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass

ALGORITHMS = ("sha256", "sha1", "sha512", "md5", "adler32")
"""The accepted names: Sprig's functions without their `sum`, and md5, which other generators use."""


@dataclass(frozen=True, slots=True)
class HashMethod:
    """How a revision is computed: which hash, and how many of its first characters are kept (None: all)."""

    algorithm: str = "sha256"
    """What the chart hashes the data with; `adler32` is a decimal number, as in Sprig."""
    length: int | None = 10
    """How many of the hash's first characters are the revision; `null` keeps them all."""

    def __post_init__(self) -> None:
        """Raise ValueError for an algorithm that is not in ALGORITHMS, or a length below 1."""
        if self.algorithm not in ALGORITHMS:
            raise ValueError(f"unknown hash {self.algorithm!r}: one of {', '.join(ALGORITHMS)} is needed")
        if self.length is not None and self.length < 1:
            raise ValueError(f"a revision of {self.length} characters: at least 1 is needed")

    def revision(self, text: str | bytes) -> str:
        """Return the revision of a text (a str is hashed as UTF-8): lower-case hex, for adler32 a decimal number."""
        data = text.encode() if isinstance(text, str) else text
        if self.algorithm == "adler32":
            # Sprig's adler32sum prints the number with %d, without padding.
            return str(zlib.adler32(data))[: self.length]
        return hashlib.new(self.algorithm, data, usedforsecurity=False).hexdigest()[: self.length]
