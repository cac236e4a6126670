"""Every word that the embedded model knows, and the phrases that captions are made of.

Prompts, training captions and the tokenizer all read these tuples, so that a prompt can
never hold a word the model has not been trained on.
"""

from __future__ import annotations

TOKEN = "sks"  # noqa: S105
NOUN = "person"
CONTEXTS = ("headshot", "selfie")

# What a look is made of. The product shows these words to people, so they stay as they are.
ATTIRE = (
    "navy suit",
    "charcoal suit",
    "black suit",
    "dark blazer",
    "white shirt",
    "light blue shirt",
    "black turtleneck",
    "green sweater",
)
BACKDROP = (
    "studio grey",
    "studio white",
    "studio blue",
    "warm beige",
    "office",
    "outdoors",
)
EXPRESSION = ("neutral", "slight smile", "smile")
LIGHT = ("soft light", "side light", "bright light")

# What people wear and where they stand in selfies.
CASUAL_ATTIRE = (
    "white tee",
    "black tee",
    "red tee",
    "blue tee",
    "green tee",
    "yellow tee",
    "grey hoodie",
    "blue hoodie",
    "red hoodie",
    "denim jacket",
    "striped shirt",
    "checked shirt",
    "pink sweater",
    "orange sweater",
)
CLUTTER_BACKDROP = (
    "kitchen",
    "bookshelf",
    "street",
    "garden",
    "bedroom",
    "cafe",
    "brick wall",
    "sunset",
)

NOUNS = ("person", "woman", "man")
AGES = ("young", "middle aged", "older")
SKIN = ("fair skin", "light skin", "tan skin", "brown skin", "dark skin")
HAIR_COLOURS = ("black", "brown", "blond", "red", "grey", "white")
HAIR_STYLES = (
    "bald",
    "buzzed",
    "short",
    "parted",
    "curly",
    "afro",
    "bob",
    "wavy",
    "long",
    "bun",
    "ponytail",
    "receding",
)
COVERINGS = ("headscarf", "turban")
MARKS = ("glasses", "beard", "stubble", "moustache", "freckles", "mole")
JOINTS = ("of", "hair", "a", "with", "and", "in", "photo", "portrait")


def words() -> tuple[str, ...]:
    """All words of the vocabulary, sorted, each once."""
    phrases = (
        (TOKEN, NOUN),
        CONTEXTS,
        ATTIRE,
        BACKDROP,
        EXPRESSION,
        LIGHT,
        CASUAL_ATTIRE,
        CLUTTER_BACKDROP,
        NOUNS,
        AGES,
        SKIN,
        HAIR_COLOURS,
        HAIR_STYLES,
        COVERINGS,
        MARKS,
        JOINTS,
    )
    return tuple(sorted({word for group in phrases for phrase in group for word in phrase.split()}))
