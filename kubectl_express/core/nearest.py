"""What somebody may have meant who misspelt a name."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


_LISTED = 10


def did_you_mean(word: str, known: Iterable[str], *, most: int = 1) -> str:
    """Return `; did you mean X or Y?` with the names nearest to a word, at most so many; empty where none is near.

    Upper and lower case do not matter.
    """
    # Here, since it takes a while to import, and is needed only where something is wrong.
    import difflib

    spelt = {name.lower(): name for name in known}
    nearest = [spelt[each] for each in difflib.get_close_matches(word.lower(), spelt, n=most)]
    return f"; did you mean {' or '.join(nearest)}?" if nearest else ""


def nearest_or_all(word: str, known: Iterable[str]) -> str:
    """Return what a word may mean, else `; there are X, Y`, the first of them; empty where nothing is known."""
    names = list(known)
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    there_are = f"; there are {', '.join(names[:_LISTED])}{more}" if names else ""
    return did_you_mean(word, names, most=3) or there_are
