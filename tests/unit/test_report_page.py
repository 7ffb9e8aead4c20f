# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The page of a report: whole, honest about what is missing, well-formed for readers of every kind, and harmless."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from test_report_sample import OTHER, OWN, building, neighbour, report, rule, scene, silent_report, source

from hanse.permit.adapters.rendering import Form, draw
from hanse.permit.report.html import report_html
from hanse.permit.report.labels import LanguageError
from hanse.permit.report.scene import to_bytes

if TYPE_CHECKING:
    from hanse.permit.report.scene import SceneBuilding

VOID = {"meta", "link", "br", "img", "hr", "input"}


@dataclass
class Node:
    """An element of the page."""

    tag: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, spaces made single; style sheets left out."""
        parts = [part if isinstance(part, str) else part.text for part in self.children if self.tag != "style"]
        return " ".join(" ".join(parts).split())

    def all(self, *tags: str) -> list[Node]:
        """Every element inside, in order, of these tags, or of any."""
        inside = [part for part in self.children if isinstance(part, Node)]
        found: list[Node] = []
        for part in inside:
            found += [part] if not tags or part.tag in tags else []
            found += part.all(*tags)
        return found

    def by_id(self, name: str) -> Node:
        """The one element with this id."""
        (found,) = [node for node in self.all() if node.attributes.get("id") == name]
        return found


class Reader(HTMLParser):
    """Builds the tree; what is not closed in order is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Node("document", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(html: str) -> Node:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == [reader.root]
    return reader.root


def page(made: dict[str, Any] | None = None, language: str = "en", **options: Any) -> Node:
    return read(report_html(report() if made is None else made, options.pop("drawn", scene()), language, **options))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_page_has_landmarks_headings_in_order_and_one_title(language: str) -> None:
    whole = page(language=language)
    (html,) = whole.all("html")
    assert html.attributes["lang"] == language
    assert [len(whole.all(tag)) for tag in ("h1", "main", "title", "nav")] == [1, 1, 4, 1]  # three pictures have titles
    levels = [int(node.tag[1]) for node in whole.all("h1", "h2", "h3", "h4", "h5")]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_ids_are_unique_and_every_reference_is_met() -> None:
    whole = page()
    ids = [node.attributes["id"] for node in whole.all() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    references = [node.attributes["href"].removeprefix("#") for node in whole.all("a", "use")]
    references += [one for node in whole.all() for one in node.attributes.get("aria-labelledby", "").split()]
    assert set(references) <= set(ids)


def test_tables_have_captions_and_headers_with_scope() -> None:
    for table in page().all("table"):
        assert table.all("caption")[0].text
        assert all(head.attributes.get("scope") in {"col", "row"} for head in table.all("th"))
        (headings,) = table.all("thead")
        columns = len(headings.all("th"))
        assert all(len(row.all("th", "td")) == columns for row in table.all("tbody")[0].all("tr"))


def test_policy_admits_nothing_but_the_styles_that_are_there() -> None:
    html = report_html(report(), scene(), "nl")
    whole = read(html)
    (policy,) = [
        node.attributes["content"]
        for node in whole.all("meta")
        if node.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    sheets = set(re.findall(r"<style>(.*?)</style>", html, re.DOTALL))
    hashes = {base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode() for sheet in sheets}
    assert len(sheets) == 2
    assert policy.startswith("default-src 'none'; style-src ")
    assert set(re.findall(r"'sha256-([^']+)'", policy)) == hashes
    assert "unsafe" not in policy


def test_page_asks_for_nothing_from_outside_and_runs_nothing() -> None:
    whole = page()
    assert not whole.all("script", "link", "img", "iframe", "object", "form", "base")
    for node in whole.all():
        assert not [name for name in node.attributes if name.startswith("on") or name in {"src", "style", "srcset"}]
        assert node.attributes.get("href", "#").startswith("#")
    assert "url(http" not in report_html(report(), scene(), "nl")


def test_result_says_in_one_sentence_what_is_wrong() -> None:
    result = page().by_id("result")
    assert "Does not comply" in result.text
    assert "The plan does not comply with 1 of the 3 rules checked: Rule skyline." in result.text


def test_verdicts_are_words_beside_icons_that_readers_skip() -> None:
    for chip in [node for node in page().all("span") if node.attributes.get("class", "").startswith("chip")]:
        (icon,) = chip.all("svg")
        assert icon.attributes["aria-hidden"] == "true"
        assert chip.text


def test_worst_rules_come_first_with_measured_and_allowed() -> None:
    cards = page(language="nl").by_id("rules").all("article")
    assert [card.all("h3")[0].text for card in cards] == ["1. Regel skyline", "2. Regel use", "3. Regel height"]
    assert "6,00 m hoger dan een buur" in cards[0].text
    assert "ten hoogste 4,00 m hoger" in cards[0].text
    assert "wonen of kantoor" in cards[1].text
    assert "2O2Fr$t4X7Zf8NOew3FLOH" in cards[2].text


def test_neighbours_are_listed_worst_first_with_the_numbers_of_the_pictures() -> None:
    rows = [row.text for row in page().by_id("rule-1").all("tbody")[0].all("tr")]
    assert [row.split()[:3] for row in rows] == [
        ["1", "Lindemond", "20.0"],
        ["2", "Lindemond", "21.4"],
        ["3", "Marewijk", "14.0"],
    ]
    assert [row.split()[-1] for row in rows] == ["over-1", "over-2", "thuis-1"]


def test_rows_are_headed_by_what_can_be_said_aloud() -> None:
    crowd = [neighbour(one, 20.0 + at, 6.0, "NON_COMPLIANT") for at, one in enumerate(street())]
    made = report(
        rules=[
            rule("near", "neighbour_distance", "COMPLIANT", measured=5.0, allowed=3.0, neighbours=crowd[12:]),
            rule("skyline", "neighbour_height", "NON_COMPLIANT", measured=6.0, allowed=4.0, neighbours=crowd[:12]),
        ]
    )
    for table in page(made).all("table"):
        assert all(row.all("th", "td")[0].tag == "th" for row in table.all("tbody")[0].all("tr"))
    whole = page(made)
    assert [row.all("th")[0].text for row in whole.by_id("pictures").all("tbody")[0].all("tr")][:2] == ["The plan", "1"]
    # A neighbour without a number is called by the end of its id.
    assert {row.all("th")[0].text for row in whole.by_id("rule-2").all("tbody")[0].all("tr")} == {"…00012", "…00013"}


def street() -> list[SceneBuilding]:
    """More neighbours than pictures number, of ids as a twin gives them."""
    return [building(f"01m8430wcz95xhq1rn7j3{at:05}", OTHER, (32.0, at * 12.0), 7.0) for at in range(14)]


def test_pictures_have_a_table_with_the_same_figures() -> None:
    pictures = page().by_id("pictures")
    assert len(pictures.all("figure")) == 3
    rows = [row.text for row in pictures.all("tbody")[0].all("tr")]
    assert rows[0] == "The plan Marewijk \u2013 1.00 m 13.00 m 12.00 m \u2013 \u2013"
    assert rows[1] == "1 Lindemond 20.0 m 1.00 m 7.00 m 6.00 m Does not comply over-1"


def test_neighbours_that_are_not_listed_are_counted_all_the_same() -> None:
    held = [neighbour(one, 20.0, 1.0, "COMPLIANT") for one in street()]
    for count, words in ((843, "843 buildings were checked"), (None, "14 buildings were checked")):
        skyline = rule("skyline", "neighbour_height", "COMPLIANT", neighbours=held)
        if count is not None:
            skyline["evidence"]["neighbour_count"] = count
        text = page(report(verdict="COMPLIANT", rules=[skyline])).by_id("rules").text
        assert f"{words}. Shown are the 12 that matter most; the JSON report names 14." in text


def test_a_city_that_was_not_asked_is_named_and_so_is_what_to_do() -> None:
    sources = [source(OWN), source(OTHER, "not_asked")]
    whole = page(report(verdict="INSUFFICIENT_DATA", sources=sources))
    assert "Was not asked" in whole.by_id("cities").text
    assert "let Lindemond be asked too" in whole.by_id("next").text
    assert "once Lindemond answers" not in whole.by_id("next").text


def test_silent_city_is_named_wherever_it_matters() -> None:
    whole = page(silent_report())
    for part in ("result", "next", "cities"):
        assert "Lindemond" in whole.by_id(part).text
    assert "This report is not whole" in whole.by_id("cities").text
    assert "Did not answer in time" in whole.by_id("cities").text
    assert "no answer within 10 s" in whole.by_id("cities").text
    assert "Every city that was asked answered in full" not in whole.text


def test_compliant_plan_is_told_to_go_on_and_is_no_decision() -> None:
    fine = report(verdict="COMPLIANT", rules=report()["rules"][:2])
    whole = page(fine)
    assert "The plan complies with every rule that was checked." in whole.by_id("result").text
    assert "Submit your application" in whole.by_id("next").text
    assert "not a decision" in whole.by_id("result").text


def test_origin_of_the_data_is_told_with_terms_and_assumed_datum() -> None:
    data = page(language="nl").by_id("data").text
    for words in (
        "CC-BY-4.0",
        "Noem de bron.",
        "Gemeente",
        "NL",
        "EPSG/0/7415",
        "NAP (aangenomen: de bron noemt het niet)",
    ):
        assert words in data


def test_proof_names_hashes_exchanges_and_the_command() -> None:
    proof = page().by_id("proof").text
    for words in ("hanse exchange verify proof.json", "01k2v7w3xq8d5m0r4t6y9a1b2g", "ab" * 32, "34" * 32):
        assert words in proof
    assert "inside the city, no exchange" in proof


def test_texts_in_another_language_say_so() -> None:
    law = page(language="en").by_id("rule-1").all("blockquote")[0]
    assert {node.attributes.get("lang") for node in law.all("bdi") if "De bouwhoogte" in node.text} == {"nl"}
    own = page(language="nl").by_id("rule-1").all("blockquote")[0]
    assert not [node for node in own.all() if "lang" in node.attributes]


def test_remarks_of_a_report_are_marked_as_english_on_a_dutch_page() -> None:
    held = silent_report()
    held["measures"] = [report()["measures"][0] | {"method": "highest less lowest vertex"}]
    held["losses"] = [{"kind": "dropped", "path": "/roof", "detail": "has no place in the target"}]
    told = {"measures": "highest less lowest vertex", "cities": "no answer within 10 s", "losses": "has no place"}
    for language, marked in (("nl", "en"), ("en", None)):
        whole = page(held, language)
        for table, words in told.items():
            (remark,) = [node for node in whole.by_id(PLACES[table]).all("bdi") if words in node.text]
            assert remark.attributes.get("lang") == marked, (language, table)


PLACES = {"measures": "model", "cities": "cities", "losses": "losses"}


def test_a_column_of_remarks_is_there_when_there_is_one() -> None:
    assert "Remark" not in page().by_id("cities").text
    assert "Remark" in page(silent_report()).by_id("cities").text


def test_without_a_place_the_page_says_so_instead_of_drawing() -> None:
    nowhere = replace(scene(), plan=None)
    whole = page(drawn=nowhere)
    assert "there is nothing to draw" in whole.by_id("pictures").text
    assert not whole.all("figure")
    assert "pictures" not in [node.attributes.get("id") for node in page(drawn=None).all()]


def test_report_of_nothing_is_a_page_too() -> None:
    bare = report(verdict="INSUFFICIENT_DATA", rules=[], sources=[], zoning=[], measures=[], losses=[])
    whole = page(bare, drawn=None)
    assert "Not a single rule was checked." in whole.by_id("result").text
    assert "No city was asked." in whole.by_id("cities").text
    assert whole.by_id("next").all("li")


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}</style></svg>\u202eevil\u2066\x00"


def hostile(evil: str) -> dict[str, Any]:
    texts = {"nl": evil, "en": evil}
    bad = rule("skyline", "neighbour_height", "NON_COMPLIANT", measured=evil, allowed=[evil], unit=evil[:20])
    bad |= {"title": texts, "explanation": texts, "id": evil, "zone": evil}
    bad["evidence"] |= {"assumptions": [evil, texts], "elements": [evil]}
    bad["source"] = {"article": evil, "title": texts, "text": texts, "in_force": {"from": evil, "to": None}}
    answered = source(OTHER)
    answered |= {"detail": evil, "exchange_id": evil}
    answered["datasets"] = [dict.fromkeys(answered["datasets"][0], evil)]
    made = report(rules=[bad], sources=[source(OWN), answered], purpose=evil)
    made["city"] = {"authority": OWN, "name": evil}
    made["model"] = made["model"] | {"filename": evil, "schema": evil}
    made["placement"] = made["placement"] | {"declared_by": evil, "vertical_datum": evil, "issues": [evil, texts]}
    made["measures"] = [{"name": "use", "value": evil, "unit": evil, "uncertainty": None, "method": evil}]
    made["zoning"] = [made["zoning"][0] | {"title": texts}]
    made["losses"] = [{"kind": "dropped", "path": "/" + evil, "detail": evil}]
    made["software"] = {"name": evil, "version": evil}
    return made


@pytest.mark.parametrize("language", ["nl", "en"])
def test_hostile_text_is_shown_and_does_nothing(language: str) -> None:
    html = report_html(hostile(EVIL), scene(title=EVIL), language)
    whole = read(html)
    assert not whole.all("script", "img")
    assert not [node for node in whole.all() if any(name.startswith("on") for name in node.attributes)]
    assert "<script>alert(1)</script>" in whole.by_id("rules").text
    assert "{{7*7}}" in whole.by_id("rules").text
    assert "⟨U+202E⟩evil" in whole.by_id("rules").text
    assert not set(html) & set("\u202e\u2066\x00")
    assert len(re.findall("<style>", html)) == 4  # the page's and one in each picture


def test_endless_text_is_cut_and_the_page_stays_small() -> None:
    html = report_html(hostile("a" * 4000), scene(title="b" * 4000), "en")
    assert "more characters)" in html
    assert len(html) < 250_000


@pytest.mark.parametrize("form", [Form.HTML, Form.PLAN, Form.VIEW])
def test_what_a_worker_draws_speaks_with_the_labels_that_it_is_given(form: Form) -> None:
    own = {"verdict.NON_COMPLIANT": "Geweigerd", "picture.plan": "Kaart", "picture.view": "Maquette"}
    drawn = draw(json.dumps(report()).encode(), to_bytes(scene()), form, "nl", own).decode()
    assert any(word in drawn for word in own.values())
    assert "Voldoet niet" not in drawn


def test_official_labels_are_used_and_escaped() -> None:
    whole = page(labels={"verdict.NON_COMPLIANT": "<b>Nope</b>"})
    assert "<b>Nope</b>" in whole.by_id("result").text


def test_language_nobody_wrote_is_refused() -> None:
    with pytest.raises(LanguageError):
        report_html(report(), scene(), "fr")
