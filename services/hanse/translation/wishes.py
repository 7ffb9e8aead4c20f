# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What may be asked of entities on their way: a vertical datum assumed, another coordinate system, one language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.cityjson.errors import pointer
from hanse.geo import Crs, CrsError, DatumStatus
from hanse.kernel.errors import InvalidInputError, invalid
from hanse.ngsild import NgsiLdError
from hanse.translation.coordinates import in_crs
from hanse.translation.model import Held, Loss, LossKind, Options

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any
_HEIGHTS = ("groundHeight", "ridgeHeight", "eavesHeight", "heightAboveGround")
_ANY_PLANE = "EPSG:28992"  # a system without heights of its own, to read the name of a datum with


def fulfil(held: list[Held], options: Options) -> list[Held]:
    """The entities as the options wish them.

    Raises:
        InvalidInputError: a system or datum that is not known or cannot be converted to.
    """
    target = parse_crs("options.target_crs", options.target_crs) if options.target_crs else None
    datum = parse_datum(options.assumed_vertical_datum) if options.assumed_vertical_datum else None
    return [_fulfilled(each, target, datum, options.language) for each in held]


def parse_crs(field: str, name: str, assumed_vertical: str = "") -> Crs:
    """A coordinate system by its OGC URI. Raises InvalidInputError for `field`."""
    try:
        return Crs.parse(name, assumed_vertical=assumed_vertical or None)
    except CrsError as error:
        remedy = "Write it as e.g. https://www.opengis.net/def/crs/EPSG/0/7415."
        raise invalid(field, str(error), remedy=remedy) from None


def parse_datum(name: str) -> str:
    """The short name of a vertical datum. Raises InvalidInputError."""
    return parse_crs("options.assumed_vertical_datum", _ANY_PLANE, name).vertical.name


def _fulfilled(held: Held, target: Crs | None, datum: str | None, language: str) -> Held:
    entity: dict[str, Json] = dict(held.value)
    losses: list[Loss] = []
    if datum is not None:
        losses += _assume(entity, datum)
    if target is not None:
        try:
            entity, lost = in_crs(entity, target)
        except (CrsError, NgsiLdError) as error:
            raise InvalidInputError(
                f"{held.origin or 'the document'}: {error}",
                remedy="Name the coordinate system that the coordinates are in, or leave options.target_crs empty.",
                reason="CONTRACT_VIOLATION",
            ) from None
        losses += lost
    if language:
        entity = _in_language(entity, language, "", losses)
    return held.became(entity, losses, same_form=True)


def _assume(entity: dict[str, Json], datum: str) -> Iterator[Loss]:
    """Names the datum where nobody knows it; what a source declares stays as it is."""
    unknown, assumed = DatumStatus.UNKNOWN.value, DatumStatus.ASSUMED.value
    solid = entity.get("solidGeometry")
    if solid is not None and solid["json"]["verticalDatumStatus"] == unknown:
        named = {**solid["json"], "verticalDatum": datum, "verticalDatumStatus": assumed}
        entity["solidGeometry"] = {**solid, "json": named}
        yield Loss(LossKind.DEFAULTED, "/solidGeometry/json/verticalDatum", f"no datum is named; {datum} is assumed")
    for name in _HEIGHTS:
        height = entity.get(name)
        if isinstance(height, dict) and height.get("verticalDatumStatus", {}).get("value") == unknown:
            entity[name] = {
                **height,
                "verticalDatum": {"type": "Property", "value": datum},
                "verticalDatumStatus": {"type": "Property", "value": assumed},
            }
            yield Loss(LossKind.DEFAULTED, f"/{name}/verticalDatum", f"no datum is named; {datum} is assumed")


def _in_language(node: dict[str, Json], language: str, at: str, losses: list[Loss]) -> dict[str, Json]:
    """Attributes and sub-attributes with texts in one language, where they have it."""
    result = {}
    for name, value in node.items():
        here = at + pointer(name)
        if isinstance(value, list):
            result[name] = [
                _attribute(each, language, here + pointer(number), losses) for number, each in enumerate(value)
            ]
        else:
            result[name] = _attribute(value, language, here, losses)
    return result


def _attribute(value: Json, language: str, at: str, losses: list[Loss]) -> Json:
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        return value
    texts = value.get("languageMap")
    if value["type"] == "LanguageProperty" and isinstance(texts, dict):
        value = {**value, "languageMap": _texts(texts, language, at + "/languageMap", losses)}
    content = {"value", "json", "object", "languageMap", "vocab", "valueList", "objectList", "type"}
    subs = {name: sub for name, sub in value.items() if name not in content}
    return {**value, **_in_language(subs, language, at, losses)}


def _texts(texts: dict[str, Json], language: str, at: str, losses: list[Loss]) -> dict[str, Json]:
    """RFC 4647 clause 3.4 (lookup): the language asked for, else a more general one; else all are kept."""
    wanted = language.lower()
    while wanted:
        found = {tag: text for tag, text in texts.items() if tag.lower() == wanted}
        if found:
            losses += [
                Loss(LossKind.LANGUAGE_DROPPED, at + pointer(tag), f"only {language} was asked for")
                for tag in texts
                if tag not in found
            ]
            return found
        wanted = wanted.rpartition("-")[0]
    losses.append(Loss(LossKind.DEFAULTED, at, f"there is no text in {language}; all languages are kept"))
    return texts
