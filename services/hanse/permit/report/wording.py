# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How a report speaks: labels, numbers, dates and other people's text in one language.

Texts of models, zoning documents and data sets are written by others. They are shown as they are, but what would
reorder or hide the text around them (control characters, bidirectional overrides: Unicode TR 36 section 2.5) is
spelled out, and what is endless is cut with a note of how much is missing. Escaping is the template's.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Literal

from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal

from hanse.permit.report.labels import catalogue

Value = float | str | Sequence[str] | None
TEXT_LIMIT: Final = 600
REMARKS: Final = "en"  # the language of details and methods (permit/v1)
_SPELLED_OUT: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_JOINERS: Final = frozenset("\u200c\u200d")  # part of words in several scripts, and harmless
_MOST_MARKS: Final = 4
_DECIMALS: Final = 2
_MOST_DECIMALS: Final = 6
_HUGE: Final = 1e15
_GAP: Final = "\u00a0"
_LOCALES: Final = {"nl": "nl_NL", "en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Said:
    """A text and the language it is in (BCP 47); "" when nobody told."""

    text: str
    language: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class Wording:
    """Says things in one language ("nl" or "en")."""

    language: str
    labels: Mapping[str, str]

    def label(self, key: str, /, **values: object) -> str:
        """Return a label with its marks filled in."""
        return _fill(self.labels[key], values)

    def code(self, family: str, code: str, /, **values: object) -> str:
        """Return the label of a code in a family of labels, else the code itself made legible."""
        text = self.labels.get(f"{family}.{code}")
        return self.text(code.replace("_", " "), 120) if text is None else _fill(text, values)

    def text(self, text: str, limit: int = TEXT_LIMIT) -> str:
        """Return other people's text made legible: nothing hidden, nothing reordered, not endless."""
        clean = legible(text)
        if len(clean) <= limit:
            return clean
        return clean[:limit] + self.label("text.more", count=self.number(len(clean) - limit, 0))

    def remark(self, text: str) -> Said:
        """Return a sentence of a report that the contract wants in English, in whatever language its page is."""
        return Said(self.text(text), REMARKS if text else "")

    def said(self, text: str | Mapping[str, str] | None, limit: int = TEXT_LIMIT) -> Said:
        """Return a remark or language map in this language, else in English, else in its first language."""
        if not text:
            return Said("")
        if isinstance(text, str):
            return Said(self.text(text, limit))
        language = next((one for one in (self.language, "en") if one in text), min(text))
        return Said(self.text(text[language], limit), language)

    def number(self, value: float, decimals: int | None = None) -> str:
        """Return a number in the language's form, with exactly so many decimals, or with as many as it needs."""
        if not math.isfinite(value) or abs(value) >= _HUGE:
            return str(value)
        value = round(value, _MOST_DECIMALS if decimals is None else decimals) + 0.0  # no "-0"
        pattern = "#,##0." + ("#" * _MOST_DECIMALS if decimals is None else "0" * decimals)
        return format_decimal(value, format=pattern.rstrip("."), locale=_LOCALES[self.language]).replace("-", "\u2212")

    def quantity(self, value: float, unit: str, decimals: int | None = None) -> str:
        """Return a number with its unit (UCUM code); lengths and areas have two decimals."""
        places = decimals if decimals is not None else _DECIMALS if unit in {"m", "m2", "m3"} else None
        number = self.number(value, places)
        if not unit or unit == "1":
            return number
        return f"{number}{'' if unit == 'deg' else _GAP}{self.unit(unit)}"  # SI brochure 5.4.3

    def unit(self, unit: str) -> str:
        """Return how a unit is written."""
        return self.labels.get(f"unit.{unit}") or self.text(unit, 20)

    def metres(self, value: float | None, decimals: int = 1) -> str:
        """Return a length in metres, or the words for an unknown one."""
        return self.label("value.unknown") if value is None else self.quantity(value, "m", decimals)

    def value(self, value: Value, unit: str, decimals: int | None = None) -> str:
        """Return a value of a report: number with unit, code, codes joined by "or", or the words for an unknown one."""
        if value is None:
            return self.label("value.unknown")
        if isinstance(value, bool):
            return self.label("value.yes" if value else "value.no")
        if isinstance(value, int | float):
            return self.quantity(float(value), unit, decimals)
        if isinstance(value, str):
            return self.code("use", value)
        return self.listed([self.code("use", one) for one in value], "or") or self.label("value.none")

    def pair(self, measured: Value, allowed: Value, unit: str) -> tuple[str, str]:
        """Return both values with as many decimals as it takes to tell them apart."""
        if not _numeric(measured) or not _numeric(allowed) or measured == allowed:
            return self.value(measured, unit), self.value(allowed, unit)
        for decimals in range(_DECIMALS, _MOST_DECIMALS + 1):
            texts = self.value(measured, unit, decimals), self.value(allowed, unit, decimals)
            if texts[0] != texts[1]:
                return texts
        return texts

    def listed(self, texts: Sequence[str], how: str = "standard") -> str:
        """Return texts joined as the language joins them: "a, b en c", with `how` "or" "a, b of c"."""
        style: Literal["standard", "or"] = "or" if how == "or" else "standard"
        return format_list(list(texts), style=style, locale=_LOCALES[self.language]) if texts else ""

    def day(self, text: str | None) -> str:
        """Return an ISO date in words; what is no date is returned as it stands."""
        if not text:
            return self.label("value.unknown")
        try:
            return format_date(date.fromisoformat(text), format="long", locale=_LOCALES[self.language])
        except ValueError:
            return self.text(text, 40)

    def moment(self, text: str | None) -> str:
        """Return an RFC 3339 time in words, in UTC; what is no time is returned as it stands."""
        if not text:
            return self.label("value.unknown")
        try:
            moment = datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            return self.text(text, 40)
        return format_datetime(moment, format="d MMMM y HH:mm:ss", locale=_LOCALES[self.language]) + " UTC"


def wording(language: str, official: Mapping[str, str] | None = None) -> Wording:
    """Return the wording of a language, labels of `official` laid over the defaults. Raises LanguageError."""
    return Wording(language, catalogue(language, official))


def legible(text: str) -> str:
    """Return the text with every character that shows nothing, or changes what others show, spelled out."""
    return "".join(_spelled(text))


def _spelled(text: str) -> list[str]:
    out: list[str] = []
    marks = 0
    for character in text:
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if character in "\t\n\r":
            out.append(" ")
        elif (kind in _SPELLED_OUT and character not in _JOINERS) or marks > _MOST_MARKS:
            out.append(f"⟨U+{ord(character):04X}⟩")
        else:
            out.append(character)
    return out


def _numeric(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fill(text: str, values: Mapping[str, object]) -> str:
    # str.format would let a label reach into attributes; marks are plain words.
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text
