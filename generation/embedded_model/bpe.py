"""Byte-pair merges that make each word of a small vocabulary one token.

Merges are learned, most frequent pair first, over the very words they are for, until each
is whole. Applied in the order in which they were learned they replay the training, so no
merge of one word can break another apart.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable

END = "</w>"
SPECIALS = ("<|startoftext|>", "<|endoftext|>")


def byte_characters() -> list[str]:
    """The 256 printable stand-ins that byte-level tokenizers use for bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(b) if b in plain else chr(next(spare)) for b in range(256)]


def learn_bpe(words: Iterable[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges under which each of `words` is a single token.

    Ties go to the pair that comes first in the alphabet, so the result is always the same.
    """
    spelled = [[*word[:-1], word[-1] + END] for word in sorted(set(words))]
    merges: list[tuple[str, str]] = []
    while True:
        pairs = Counter(pair for parts in spelled for pair in itertools.pairwise(parts))
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        spelled = [_merge(parts, best) for parts in spelled]
    letters = byte_characters()
    tokens = [*letters, *(letter + END for letter in letters), *(a + b for a, b in merges)]
    tokens = list(dict.fromkeys(tokens))
    return {token: at for at, token in enumerate([*tokens, *SPECIALS])}, merges


def _merge(parts: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    at = 0
    while at < len(parts):
        if tuple(parts[at : at + 2]) == pair:
            merged.append(parts[at] + parts[at + 1])
            at += 2
        else:
            merged.append(parts[at])
            at += 1
    return merged
