# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Local contexts that are all here: checked for form, then processed by PyLD into term definitions."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pyld import jsonld
from pyld.context_resolver import ContextResolver

from hanse.jsonld.core import core_document
from hanse.jsonld.errors import ContextError, ContextFault
from hanse.jsonld.terms import Term

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = Any
MAX_NAME: Final = 2048
_IN_CONTEXT: Final = frozenset({"@base", "@direction", "@language", "@propagate", "@protected", "@version", "@vocab"})
_IN_TERM: Final = frozenset(
    {"@id", "@type", "@container", "@language", "@direction", "@prefix", "@protected", "@reverse", "@nest", "@index"}
)
_KEYWORD_VALUES: Final = frozenset({"@id", "@type", "@graph", "@included", "@nest", "@none"})


def term_definitions(local: Sequence[Mapping[str, Json] | None]) -> dict[str, Term]:
    """Return the terms that a list of contexts defines, null in it forgetting what came before.

    Contexts that terms bring of their own are left out of account: no name of an NGSI-LD attribute depends on them.

    Raises:
        ContextError: a context is against JSON-LD 1.1, or brings what is not taken.
    """
    plain = [one if one is None else _checked(one) for one in local]
    options = _options()
    try:
        active = jsonld.JsonLdProcessor().process_context(_core_below(), plain, options)
    except jsonld.JsonLdError as error:
        raise ContextError(ContextFault.INVALID, f"the @context is no JSON-LD context: {_sentence(error)}") from error
    except (TypeError, ValueError, RecursionError) as error:
        raise ContextError(ContextFault.INVALID, "the @context is no JSON-LD context") from error
    return {name: _term(found) for name, found in active["mappings"].items() if found and found.get("@id")}


def _checked(context: Mapping[str, Json]) -> dict[str, Json]:
    """Refuse what JSON-LD reserves and what would reach for other documents; PyLD judges the rest."""
    taken: dict[str, Json] = {}
    for name, value in context.items():
        if not isinstance(name, str) or len(name) > MAX_NAME:
            _refuse(f"a term's name has at most {MAX_NAME} characters", ContextFault.TOO_LARGE)
        if name == "@import":
            _refuse("@import is not taken: name the imported context in the array instead")
        if name.startswith("@") and name not in _IN_CONTEXT:
            _refuse(f"{name[:60]!r} is no keyword of a context")
        if name == "@protected" and value is False:
            continue  # says nothing, and PyLD takes it for a term that defines itself
        if name in {"@language", "@direction"} and value is None:
            continue  # no name depends on it, and PyLD takes it away where there is none
        taken[name] = value if name in _IN_CONTEXT else _definition(name, value)
    return taken


def _definition(name: str, value: Json) -> Json:
    if value is None:
        return value
    if isinstance(value, str):
        return _iri(name, value)
    if not isinstance(value, dict):
        _refuse(f"term {name[:60]!r} must be defined by a string or an object")
    kept = {key: part for key, part in value.items() if key != "@context"}
    if unknown := next((key for key in kept if key not in _IN_TERM), None):
        _refuse(f"term {name[:60]!r} is defined with {str(unknown)[:60]!r}, which is no keyword of a definition")
    for key in ("@id", "@reverse"):
        if isinstance(kept.get(key), str):
            _iri(name, kept[key])
    return kept


def _iri(name: str, value: str) -> str:
    if len(value) > MAX_NAME:
        _refuse(f"term {name[:60]!r} stands for more than {MAX_NAME} characters", ContextFault.TOO_LARGE)
    if value.startswith("@") and value not in _KEYWORD_VALUES:
        _refuse(f"term {name[:60]!r} stands for {value[:60]!r}, which no term may")
    return value


@cache
def _core_below() -> Json:
    """Users' terms may be written with the core's prefixes, wherever in the array the core stands.

    It is not protected here, since it is laid over the users' terms afterwards, and names nothing to be fetched.
    """
    core = {name: value for name, value in core_document()["@context"].items() if name != "@protected"}
    processor, options = jsonld.JsonLdProcessor(), _options()
    initial = processor.process_context(None, None, options)
    return processor.process_context(initial, {**core, "ngsildproof": "ngsi-ld:ngsildproof"}, options)


def _options() -> dict[str, Json]:
    return {
        "base": "",
        "documentLoader": _nothing,
        "processingMode": "json-ld-1.1",
        "contextResolver": ContextResolver({}, _nothing),
    }


def _nothing(*_: object) -> NoReturn:
    raise ContextError(ContextFault.INVALID, "a context inside a context is not fetched")


def _term(found: Mapping[str, Json]) -> Term:
    container = found.get("@container") or ()
    return Term(
        iri=found["@id"],
        type=found.get("@type"),
        container=frozenset([container] if isinstance(container, str) else container),
        prefix=bool(found.get("_prefix")),
        reverse=bool(found.get("reverse")),
    )


def _sentence(error: jsonld.JsonLdError) -> str:
    code = getattr(error, "code", None)
    return str(code) if isinstance(code, str) else "it does not follow JSON-LD 1.1"


def _refuse(reason: str, fault: ContextFault = ContextFault.INVALID) -> NoReturn:
    raise ContextError(fault, reason)
