"""What somebody may have meant who misspelt a name."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> str:
    """Return `; did you mean X or Y?` with the names nearest to a word, at most so many; empty where none is near.

    `cutoff` is how near, from 0 (anything) to 1 (the same); upper and lower case do not matter.
    """
    # Here, since it takes a while to import, and is needed only where something is wrong.
    import difflib

    spelt = {name.lower(): name for name in known}
    nearest = [spelt[each] for each in difflib.get_close_matches(word.lower(), spelt, n=most, cutoff=cutoff)]
    return f"; did you mean {' or '.join(nearest)}?" if nearest else ""
