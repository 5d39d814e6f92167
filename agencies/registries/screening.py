"""Rule: which entries of a list a name may mean, each with a score that a person can review.

Words are matched whatever their order, by letters and by sound, so that typing errors, another romanisation and another order are
found. A word weighs as much as it tells: a rare one much, one that many names share little. The score is the weight of what both names
have in common over the mean weight of the two, from 0 to 100.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agencies.registries.names import GENERIC, LEGAL_FORMS, PARTICLES, sound, words

THRESHOLD = 78
"""From this score on a person looks. Measured on planted variants and on ordinary names (docs/registers.md)."""

ALIKE = 0.72  # words less alike than this have nothing in common
SOUND_WORTH = 0.97  # alike by sound alone is a little less than alike by letters
MOST_CANDIDATES = 80
SHORT = 3  # letters
SHORT_WORTH = 0.6  # a word of so few letters with one of them wrong


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a list. `names` are all it is known by, the first its own."""

    id: str
    kind: str  # person, company, other
    names: tuple[str, ...]
    programme: str = ""
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that a name may mean: the entry's name that came nearest, and how near, from 0 to 100."""

    entry: Listed
    matched: str
    score: int


@dataclass(frozen=True, slots=True)
class _Read:
    """A name of the list as it is compared."""

    name: str
    entry: Listed
    words: tuple[str, ...]


class Index:
    """A list, made ready for being asked about many names."""

    def __init__(self, entries: Iterable[Listed]) -> None:
        self.names = [_Read(name, entry, words(name)) for entry in entries for name in entry.names if words(name)]
        self.frequency = Counter(sound(word) for one in self.names for word in set(one.words))
        self._grams: dict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(self.names):
            for gram in _grams(one.words):
                self._grams[gram].append(place)

    def hits(self, name: str, *, threshold: int = THRESHOLD) -> list[Hit]:
        """The entries this name may mean, best first; each entry once, with its nearest name."""
        asked, best = words(name), dict[str, Hit]()
        for one in self._candidates(asked):
            score = self.score(asked, one.words)
            if score >= threshold and (one.entry.id not in best or best[one.entry.id].score < score):
                best[one.entry.id] = Hit(one.entry, one.name, score)
        return sorted(best.values(), key=lambda hit: (-hit.score, hit.entry.id))

    def score(self, asked: Sequence[str], listed: Sequence[str]) -> int:
        """How near two names are, from 0 to 100: the better of word by word and written as one."""
        weights = [self.weight(word) for word in asked], [self.weight(word) for word in listed]
        common = sum(
            likeness * (weights[0][a] + weights[1][b]) / 2 for likeness, a, b in _pairs(tuple(asked), tuple(listed))
        )
        whole = (sum(weights[0]) + sum(weights[1])) / 2
        return round(100 * max(common / whole if whole else 0.0, _as_one(asked, listed)))

    def weight(self, word: str) -> float:
        """How much a word tells about who is meant, from 0.05 to 1."""
        if (little := _tells_little(word)) is not None:
            return little
        rarity = math.log((len(self.names) + 1) / (self.frequency[sound(word)] + 1)) / math.log(len(self.names) + 1)
        return max(0.4, min(1.0, 0.25 + rarity))

    def _candidates(self, asked: Sequence[str]) -> Iterator[_Read]:
        """The names that share most with the one asked, by pieces of their sounds."""
        shared = Counter(place for gram in _grams(asked) for place in self._grams.get(gram, ()))
        return (self.names[place] for place, _ in shared.most_common(MOST_CANDIDATES))


def _grams(of: Sequence[str]) -> set[str]:
    """Pairs of neighbouring sounds, with the beginning and end of each word; and of the whole written as one."""
    sounds = [f"<{sound(word)}>" for word in of] + [f"<{''.join(map(sound, of))}>"]
    return {one[at : at + 3] for one in sounds for at in range(max(1, len(one) - 2))}


def _pairs(asked: tuple[str, ...], listed: tuple[str, ...]) -> Iterator[tuple[float, int, int]]:
    """Words that belong together, each once, the most alike first."""
    found = ((_alike(one, other), a, b) for a, one in enumerate(asked) for b, other in enumerate(listed))
    taken: tuple[set[int], set[int]] = set(), set()
    for likeness, a, b in sorted((pair for pair in found if pair[0]), key=lambda pair: (-pair[0], pair[1], pair[2])):
        if a not in taken[0] and b not in taken[1]:
            taken[0].add(a)
            taken[1].add(b)
            yield likeness, a, b


@lru_cache(maxsize=65536)
def _tells_little(word: str) -> float | None:
    """The weight of a letter, a small word, a legal form or a word that many names share, also when it is mistyped; None for any other."""
    if len(word) == 1:
        return 0.05
    if word in PARTICLES or word in LEGAL_FORMS:
        return 0.15
    if word in GENERIC:
        return 0.3
    if len(word) >= 5 and any(_is_mistyped(word, form) for form in LEGAL_FORMS if len(form) > 5):
        return 0.15
    return 0.3 if len(word) >= 4 and any(_is_mistyped(word, common) for common in GENERIC if len(common) > 4) else None


def _is_mistyped(word: str, meant: str) -> bool:
    return abs(len(word) - len(meant)) < 2 and (sound(word) == sound(meant) or _ratio(word, meant) >= 0.83)


@lru_cache(maxsize=262144)
def _alike(one: str, other: str) -> float:
    """How alike two words are, from 0 to 1; 0 for too little."""
    if one == other:
        return 1.0
    if one.isdigit() or other.isdigit() or min(len(one), len(other)) == 1:
        return 0.0
    sounds = sound(one), sound(other)
    if "A" not in sounds[0] or "A" not in sounds[1]:  # one comes from a script that writes no vowels
        sounds = sounds[0].replace("A", ""), sounds[1].replace("A", "")
    if sounds[0] == sounds[1] and len(sounds[0]) > 1:
        return SOUND_WORTH
    if min(len(one), len(other)) <= SHORT:
        return SHORT_WORTH if _ratio(one, other, slack=1) >= 1 - 1 / max(len(one), len(other)) else 0.0
    by_sound = SOUND_WORTH * _ratio(*sounds) if min(map(len, sounds)) > SHORT else 0.0
    likeness = max(_ratio(one, other), by_sound)
    return likeness if likeness >= ALIKE else 0.0


def _as_one(asked: Sequence[str], listed: Sequence[str]) -> float:
    """The likeness of two names written without blanks, for words that are parted in one and joined in the other."""
    if len(asked) == len(listed) or {*asked} & GENERIC == {*asked}:
        return 0.0
    likeness = _ratio("".join(asked), "".join(listed))
    return likeness if likeness >= 0.9 else 0.0


@lru_cache(maxsize=262144)
def _ratio(one: str, other: str, *, slack: int = 0) -> float:
    """1 less the typing errors that part two texts (a wrong, missing or added letter, two exchanged), over the longer one's length.

    Damerau and Levenshtein's distance with neighbours exchanged, each letter touched once (optimal string alignment).
    """
    longer = max(len(one), len(other))
    if not longer or abs(len(one) - len(other)) > max(slack, 0.3 * longer):
        return 0.0
    before: list[int] = []
    last = list(range(len(other) + 1))
    for a, letter in enumerate(one, 1):
        row = [a]
        for b, against in enumerate(other, 1):
            cost = min(last[b] + 1, row[b - 1] + 1, last[b - 1] + (letter != against))
            if a > 1 and b > 1 and letter == other[b - 2] and one[a - 2] == against:
                cost = min(cost, before[b - 2] + 1)
            row.append(cost)
        before, last = last, row
    return 1 - last[-1] / longer
