"""Text statistics: readability scores and the most frequent words of a document."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")
_VOWELS = re.compile(r"[aeiouyàáâäèéêëìíîïòóôöùúûü]+")
_COMMON = frozenset(
    "a an and are as at be but by can for from has have he her here his i in is it its not of on or our she so "
    "that the their they this to us was we were which who will with you".split()
)


@dataclass
class Readability:
    """How long a text is and how hard it is to read."""

    words: int
    sentences: int
    syllables: int
    flesch_reading_ease: float
    flesch_kincaid_grade: float
    reading_seconds: int


def _syllables(word: str) -> int:
    """Counts vowel groups; a silent final e is left out. Right for about nine English words of ten."""
    word = word.lower()
    count = len(_VOWELS.findall(word))
    if word.endswith("e") and not word.endswith(("le", "ee")) and count > 1:
        count -= 1
    return max(count, 1)


def readability(text: str, words_per_minute: int = 238) -> Readability:
    """Scores how hard an English text is to read.

    Args:
        text: The text to score; it has at least one word.
        words_per_minute: Reading speed; 238 is the mean for silent reading of English (Brysbaert, 2019).

    Returns:
        Counts, the Flesch reading ease (100 is very easy, 0 very hard) and the Flesch-Kincaid school grade.

    Raises:
        ValueError: The text has no words, or the reading speed is not positive.
    """
    words = _WORD.findall(text)
    if not words:
        raise ValueError("the text has no words")
    if words_per_minute <= 0:
        raise ValueError("words_per_minute must be positive")
    sentences = max(len(_SENTENCE_END.findall(text)), 1)
    syllables = sum(map(_syllables, words))
    per_sentence, per_word = len(words) / sentences, syllables / len(words)
    return Readability(
        words=len(words),
        sentences=sentences,
        syllables=syllables,
        flesch_reading_ease=round(206.835 - 1.015 * per_sentence - 84.6 * per_word, 1),
        flesch_kincaid_grade=round(0.39 * per_sentence + 11.8 * per_word - 15.59, 1),
        reading_seconds=round(len(words) * 60 / words_per_minute),
    )


def top_words(document: Path, count: int = 10, skip_common: bool = True) -> list[tuple[str, int]]:
    """Lists the most frequent words of a text file.

    Args:
        document: A text file in UTF-8.
        count: How many words to list.
        skip_common: Leave out words such as "the" and "of".

    Returns:
        Pairs of word and number of uses, the most frequent first; words used equally often in their alphabetical order.
    """
    words = Counter(_WORD.findall(document.read_text(encoding="utf-8").lower()))
    if skip_common:
        for word in _COMMON:
            words.pop(word, None)
    return sorted(words.items(), key=lambda item: (-item[1], item[0]))[:count]


def _main() -> None:
    import sys

    document = Path(sys.argv[1])
    print(readability(document.read_text(encoding="utf-8")))
    for word, uses in top_words(document):
        print(f"{uses:5d}  {word}")


if __name__ == "__main__":
    _main()
