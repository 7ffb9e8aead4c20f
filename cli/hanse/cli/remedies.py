# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What services advise, in words of the command line: they speak of calls and fields, a person here types commands.

Services know nothing of commands, and other programs get their advice as it is; so it is put in other words here.
"""

from __future__ import annotations

import re

_SIGN_IN = "Sign in with --credential FILE and --key FILE, or with a client's certificate (--certificate FILE)."
_AGAIN = "Run the command again."
_SLOW = "Try again; if it stays so, see what is slow or down with `hanse status`."
# Whole sentences, where a command does more than the call does.
_SENTENCES = {
    "Ask IdentityService.ExchangeToken of this city for a new token.": _AGAIN,
    "Ask ListTranslations what can be translated into what.": "`hanse contracts list` shows the contracts there are.",
    "Ask for the page (FORMAT_HTML), which says what is missing.": "Read report.html, which says what is missing.",
    "Ask identity for a token: ExchangeToken with the token grant, and the other city as audience.": _SIGN_IN,
    "Create it with PutDataset first.": "Load something into it first: hanse twin load FILE --dataset NAME.",
    "Exchange a credential for a token (IdentityService.ExchangeToken) and send it as "
    "`authorization: Bearer TOKEN`.": _SIGN_IN,
    "Exchange the credential for a fresh token of this city.": _SIGN_IN,
    "Give the call more time.": _SLOW,
    "Give the call more time, or try again.": _SLOW,
    "ListExchanges shows those that are.": "`hanse exchange list` shows those of this city, `hanse permit show ID` a "
    "check's own.",
    "Present a credential: CreateChallenge, then ExchangeToken with the presentation.": _SIGN_IN,
    "Send `authorization: Bearer TOKEN`.": _SIGN_IN,
    "Send an access token of this city.": _SIGN_IN,
    "Send the next_page_token of the answer before, or none.": _AGAIN,
    "Send the next_page_token of the answer before, with the query unchanged.": _AGAIN,
    "Split it, one feature or entity a document, and use TranslateStream.": "Split it: one feature or entity a "
    "document.",
    "Take a new challenge (CreateChallenge) and present within five minutes.": _AGAIN,
    "Take a new challenge and present again.": _AGAIN,
    "Upload the model again (UploadModel), then check that one.": "Upload the plan again: hanse permit check FILE.",
    "Upload the model first (UploadModel).": "Upload the plan first: hanse permit check FILE.",
    "Use a new request_id for a new credential.": _AGAIN,
    "Use a new request_id for a new request; the same one only to try the very same request again.": _AGAIN,
    "Use the id that CreateCheck answered.": "Give the id that `hanse permit check` printed; only who started a check "
    "sees it.",
    "Wait until WatchCheck ends with STATE_SUCCEEDED.": "Wait until `hanse permit show ID` says succeeded.",
}
# Calls, and the commands that make them.
_COMMANDS = {
    "CancelCheck": "hanse permit cancel",
    "CreateCheck": "hanse permit check",
    "DeletePeer": "hanse peer remove",
    "GetCheck": "hanse permit show",
    "GetCityStatus": "hanse status",
    "GetEntity": "hanse twin get",
    "GetProof": "hanse exchange proof",
    "GetReport": "hanse permit report",
    "IssueCredential": "hanse credential issue",
    "ListCredentials": "hanse credential list",
    "ListExchanges": "hanse exchange list",
    "ListPeers": "hanse peer list",
    "ListScenarios": "hanse twin scenario list",
    "ListZonings": "hanse zoning list",
    "LoadEntities": "hanse twin load",
    "PutPeer": "hanse peer add",
    "PutTrustList": "hanse trust install",
    "PutZoning": "hanse zoning put",
    "QueryEntities": "hanse twin query",
    "RevokeCredential": "hanse credential revoke",
    "UploadModel": "hanse permit check",
    "WatchCheck": "hanse permit show",
}
_CALLS = re.compile(rf"\b({'|'.join(_COMMANDS)})\b")
_CALL_AGAIN = re.compile(r"\b([Cc])all again\b")
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
    "heights": "--between or --height",
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
    """A service's remedy as one would say it to a person at a command line."""
    if _CORRECT.fullmatch(remedy):
        return "Correct it and run the command again; --help says what it takes."
    if remedy in _SENTENCES:
        return _SENTENCES[remedy]
    named = _CALLS.sub(lambda call: f"`{_COMMANDS[call[1]]}`", remedy)
    return _CALL_AGAIN.sub(lambda call: f"{'R' if call[1] == 'C' else 'r'}un the command again", named)


def as_option(sentence: str) -> str:
    """A sentence that begins with a request's field, with the option that fills it instead."""
    match = _FIELD.match(sentence)
    if match is None or match[1] not in _OPTIONS:
        return sentence
    return _OPTIONS[match[1]] + sentence[match.end() :]
