"""Which assets a word names: by its beginning, and when no word begins like it, by what was probably meant."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cached_property

SHORTEST_MISTYPED = 4
"""A shorter word is not guessed at: too many look like it."""
TWO_MISTAKES = 8
"""From so many letters on a word may have two mistakes."""

MANY_WORDS = 2_000
"""With so many changed words they are put together with the others."""


class Vocabulary:
    """The words of many texts. Never changes."""

    def __init__(self, texts: Iterable[tuple[int, str]]) -> None:
        """`texts` by what they name; their words are separated by spaces."""
        self._texts = dict(texts)
        self._named: dict[str, set[int]] = {}
        self._newer: dict[str, set[int]] = {}  # over it, since a big house has a quarter of a million words
        for identity, text in self._texts.items():
            for word in text.split():
                known = self._named.get(word)
                if known is None:
                    self._named[word] = {identity}
                else:
                    known.add(identity)

    def changed(self, texts: dict[int, str]) -> "Vocabulary":
        """The same with other texts; an empty one names nothing any more."""
        new = Vocabulary(())
        new._texts, new._named, new._newer = self._texts | texts, self._named, dict(self._newer)
        copied: set[str] = set()
        for identity, text in texts.items():
            before, after = set(self._texts.get(identity, "").split()), set(text.split())
            for word in before ^ after:
                if word not in copied:  # the old one keeps its own
                    new._newer[word] = set(self._of(word))
                    copied.add(word)
                (new._newer[word].add if word in after else new._newer[word].discard)(identity)
        if "_words" in self.__dict__:
            come = [word for word in copied if new._of(word) and not self._of(word)]
            gone = [word for word in copied if self._of(word) and not new._of(word)]
            new._words = _with(self._words, come, gone) if come or gone else self._words
        if len(new._newer) > MANY_WORDS:
            merged = new._named | new._newer
            new._named, new._newer = {word: named for word, named in merged.items() if named}, {}
        return new

    def _of(self, word: str) -> set[int]:
        named = self._newer.get(word)
        return self._named.get(word, set()) if named is None else named

    @cached_property
    def _words(self) -> list[str]:
        gone = {word for word, named in self._newer.items() if not named}
        return sorted((self._named.keys() | self._newer.keys()) - gone)

    def named(self, beginning: str) -> AbstractSet[int]:
        """What a word that begins so names."""
        words = self._words
        start = bisect_left(words, beginning)
        end = bisect_left(words, beginning + "\U0010ffff", start)
        if end - start == 1:
            return self._of(words[start])
        return frozenset().union(*(self._of(word) for word in words[start:end]))

    def meant(self, typed: str) -> str:
        """The word that was probably meant by one that begins none; "" when nobody can say.

        Only letters are guessed at: another digit is another asset. Of words as near to it the commonest is taken.
        """
        if len(typed) < SHORTEST_MISTYPED or not typed.isalpha():
            return ""
        allowed = 2 if len(typed) >= TWO_MISTAKES else 1
        best: tuple[int, int, str] | None = None
        for word in self._spelled:
            if abs(len(word) - len(typed)) <= allowed and (mistakes := _mistakes(typed, word, allowed)) <= allowed:
                found = (mistakes, -len(self._of(word)), word)
                best = min(best, found) if best else found
        return best[2] if best else ""

    @cached_property
    def _spelled(self) -> list[str]:
        return [word for word in self._words if word.isalpha()]


def _with(words: list[str], come: Iterable[str], gone: Iterable[str]) -> list[str]:
    """A sorted list with and without some words."""
    new = list(words)
    for word in gone:
        del new[bisect_left(new, word)]
    for word in come:
        insort(new, word)
    return new


def _mistakes(typed: str, word: str, allowed: int) -> int:
    """Letters wrong, missing, too many or swapped with their neighbour; more than `allowed` is only known to be more.

    The optimal string alignment distance.
    """
    before: list[int] = []
    row = list(range(len(word) + 1))
    for i, letter in enumerate(typed, 1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(word, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == word[j - 2] and typed[i - 2] == other:
                least = min(least, earlier[j - 2] + 1)
            row.append(least)
        if min(row) > allowed:
            return allowed + 1
    return row[-1]
