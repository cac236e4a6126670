"""Sentences of the engine, for people."""

from __future__ import annotations


def said(sentence: str) -> str:
    """The sentence itself. It marks what is translated when it is shown to somebody."""
    return sentence
