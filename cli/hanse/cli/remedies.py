# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What services advise, in words of the command line: they speak of calls and fields, a person here types commands.

Services know nothing of commands, and other programs get their advice as it is; so it is put in other words here.
"""

from __future__ import annotations

import re

_SIGN_IN = "Sign in with --credential FILE and --key FILE, or with a client's certificate (--certificate FILE)."
_AGAIN = "Run the command again."
_COMMANDS = {
    "Ask IdentityService.ExchangeToken of this city for a new token.": _AGAIN,
    "Ask ListTranslations what can be translated into what.": "`hanse contracts list` shows the contracts there are.",
    "Ask for the page (FORMAT_HTML), which says what is missing.": "Read report.html, which says what is missing.",
    "Ask identity for a token: ExchangeToken with the token grant, and the other city as audience.": _SIGN_IN,
    "Ask with GetCheck, or watch again later.": "See how it stands: hanse permit show ID.",
    "Call again.": _AGAIN,
    "Create it with PutDataset first.": "Load something into it first: hanse twin load FILE --dataset NAME.",
    "Exchange a credential for a token (IdentityService.ExchangeToken) and send it as "
    "`authorization: Bearer TOKEN`.": _SIGN_IN,
    "Give the call more time.": "Try again; if it stays so, see what is slow or down with `hanse status`.",
    "Give the call more time, or try again.": "Try again; if it stays so, see what is slow or down with "
    "`hanse status`.",
    "ListExchanges says how it ended.": "`hanse exchange list` says how it ended.",
    "ListExchanges shows those that are.": "`hanse exchange list` shows those of this city; a check's own stand in "
    "`hanse permit show ID`.",
    "Present a credential: CreateChallenge, then ExchangeToken with the presentation.": _SIGN_IN,
    "See ListZonings for the documents there are.": "`hanse zoning list` shows the documents there are.",
    "Send `authorization: Bearer TOKEN`.": _SIGN_IN,
    "Send an access token of this city.": _SIGN_IN,
    "Send the next_page_token of the answer before, or none.": _AGAIN,
    "Send the next_page_token of the answer before, with the query unchanged.": _AGAIN,
    "Split it, one feature or entity a document, and use TranslateStream.": "Split it: one feature or entity a "
    "document.",
    "Take a new challenge (CreateChallenge) and present within five minutes.": _AGAIN,
    "Take a new challenge and present again.": _AGAIN,
    "Upload the model again (UploadModel), then check that one.": "Upload the plan again: hanse permit check FILE.",
    "Upload the model first (UploadModel).": "Upload the plan again: hanse permit check FILE.",
    "Use a new request_id for a new batch.": _AGAIN,
    "Use a new request_id for a new credential.": _AGAIN,
    "Use a new request_id for a new request; the same one only to try the very same request again.": _AGAIN,
    "Use the id that CreateCheck answered.": "Give the id that `hanse permit check` printed; only who started a check "
    "sees it.",
    "Wait until WatchCheck ends with STATE_SUCCEEDED.": "Wait until `hanse permit show ID` says succeeded.",
}
# Fields of requests, and the options or arguments that fill them.
_OPTIONS = {
    "as_of_date": "--date",
    "bounding_box": "--bbox",
    "bounding_box.crs": "--crs",
    "circle": "--circle",
    "circle.crs": "--crs",
    "circle.radius_m": "--circle",
    "claims_json": "--claim",
    "dataset": "--dataset",
    "dataset.crs": "--crs",
    "dataset.id": "--dataset",
    "dataset.jurisdiction": "--jurisdiction",
    "dataset.licence": "--licence",
    "dataset.owner": "--owner",
    "dataset.terms": "--terms",
    "dataset.title": "--title",
    "dataset.vertical_datum": "--vertical-datum",
    "disclosable": "--disclosable",
    "filters": "--filter",
    "header.assumed_crs": "--assume-crs",
    "header.assumed_vertical_datum": "--assume-vertical-datum",
    "header.dataset": "--dataset",
    "header.format": "--format",
    "holder_jwk": "--holder-key",
    "json": "document",
    "language": "--language",
    "model": "plan",
    "neighbours": "--neighbour",
    "peer.address": "address",
    "peer.authority": "authority",
    "peer.leaf_address": "--leaf",
    "valid_for_s": "--days",
    "vct": "--type",
    "zoning": "--zoning",
}
_FIELD = re.compile(r"([a-z_]+(?:\.[a-z_]+)?)(\[\d+\](?:\.[a-z_]+)?)?(?=: )")
_CORRECT = re.compile(r"Correct \S+, then call again\.")


def as_command(remedy: str) -> str:
    """A service's remedy as one would say it to a person at a command line; unknown ones stay as they are."""
    if _CORRECT.fullmatch(remedy):
        return "Correct it and run the command again; --help says what it takes."
    return _COMMANDS.get(remedy, remedy)


def as_option(sentence: str) -> str:
    """A sentence that begins with a request's field, with the option that fills it instead."""
    match = _FIELD.match(sentence)
    if match is None or match[1] not in _OPTIONS:
        return sentence
    return _OPTIONS[match[1]] + sentence[match.end() :]
