"""What a file is called: signs that nobody sees, names that nobody may have, and what is said."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.delivering import naming
from tests.generation.delivering.test_delivery import person


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("❤️", "Lovelace"),
        ("1️⃣", "Lovelace_1"),
        ("Ada\U000e0101", "Lovelace_Ada"),
        ("A\u00adda\u200b", "Lovelace_Ada"),
        ("\u3164", "Lovelace"),
        # Marks that belong to how people are written.
        ("आदित्य", "Lovelace_आदित्य"),
        ("น้ำ", "Lovelace_น้ำ"),
        ("שָׁלוֹם", "Lovelace_" + unicodedata.normalize("NFC", "שָׁלוֹם")),
    ],
)
def test_signs_that_show_nothing_go_and_marks_of_a_script_stay(first: str, expected: str) -> None:
    assert naming.names(naming.DEFAULT, [person(first_name=first)]).stems == [expected]


@pytest.mark.parametrize(
    ("last", "pattern", "expected"),
    [
        ("O'Brien", naming.DEFAULT, "O'Brien_Ada"),
        ("O’Brien", "{last}, {first}", "O’Brien, Ada"),
        ("'t Hooft", naming.DEFAULT, "'t Hooft_Ada"),
        ("Lovelace", "{last}, {first} ({department})", "Lovelace, Ada (R&D)"),
        # Where a field is empty its separator goes along.
        ("Lovelace", "{number}, {last}, {number}, {first} & {number}", "Lovelace, Ada"),
    ],
)
def test_signs_that_every_file_system_takes_stay(last: str, pattern: str, expected: str) -> None:
    named = naming.names(pattern, [person(last_name=last, department="R&D", employee_number="")])
    assert named.stems == [expected]
    assert named.sentences == []


@pytest.mark.parametrize("text", ["👨‍👩‍👧❤️", "️", "⃣", "‍", "...", "ㅤ"])
def test_a_name_without_letter_or_digit_is_the_address_and_it_is_said(text: str) -> None:
    names = naming.names("{first}", [person(first_name=text)])
    assert names.stems == ["a@b.example"]
    assert names.sentences == [
        "Of 1 name no letter or digit is left, so the e-mail address stands there."
    ]


@given(st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_every_name_can_be_seen(text: str) -> None:
    (stem,) = naming.names("{first}", [person(first_name=text)]).stems
    assert any(unicodedata.category(sign)[0] in "LN" for sign in stem)
    assert not any(unicodedata.category(sign) in ("Me", "Cf", "Cc", "So") for sign in stem)


def test_what_is_long_or_reserved_is_said_as_that_and_not_as_signs() -> None:
    names = naming.names("{first}", [person(first_name="Ada" * 33 + "ü" * 100)])
    assert names.stems[0] == ("Ada" * 33 + "ü" * 100).encode()[:159].decode()
    assert names.sentences == ["1 name is too long for a file, so its end was cut off."]
    names = naming.names("{first}", [person(first_name="Nul.x"), person(first_name="com¹")])
    # Windows looks at what stands before the first dot.
    assert names.stems == ["Nul_.x", "com¹_"]
    assert names.sentences == ["Windows keeps 2 names for itself, so an underscore was added."]


def test_many_of_one_name_are_named_without_counting_from_the_start() -> None:
    names = naming.names("{last}", [person() for _ in range(3000)])
    assert names.stems[-1] == "Lovelace-3000"
    assert names.numbered == 2999
