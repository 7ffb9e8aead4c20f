# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse exchange verify` and `hanse trust install` say what to do, whatever they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cities import Federation, city_path, make_city, make_federation
from exchange_paper import Paper

from hanse.cli import anchors
from hanse.cli.federation import make_anchor
from hanse.cli.main import main
from hanse.cli.output import Exit
from hanse.gateway.exchange.proof import LogCover
from hanse.kernel.clock import system_clock


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    paper = Paper(tmp_path_factory.mktemp("paper"), system_clock())
    paper.log_exchange("x-1")
    return paper


@pytest.fixture
def proof(paper: Paper, tmp_path: Path) -> Path:
    """A proof that holds, beside its anchor's public file."""
    (tmp_path / "anchor.json").write_text(json.dumps(paper.anchor.to_json()))
    path = tmp_path / "proof.json"
    path.write_bytes(paper.proof("x-1"))
    return path


def verify(capsys: pytest.CaptureFixture[str], proof: Path, anchor: Path) -> tuple[int, dict[str, str]]:
    code = main(["exchange", "verify", str(proof), "--anchor", str(anchor), "--json"])
    shown = capsys.readouterr()
    return code, json.loads(shown.err)["error"] if shown.err else {}


def test_a_proof_that_holds_is_a_yes(proof: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(capsys, proof, proof.with_name("anchor.json")) == (Exit.OK, {})
    assert main(["exchange", "verify", str(proof), "--anchor", str(proof.with_name("anchor.json"))]) == Exit.OK
    assert "2 leaves at" in capsys.readouterr().out
    assert ", 1 leaf at" in str(LogCover("marewijk.example", "asker", 1, system_clock().now()))


def test_a_stranger_s_proof_asks_for_its_anchor(
    proof: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("anchor.example", "other.example"):  # one has the name and other keys
        code, error = verify(capsys, proof, make_anchor(tmp_path / name, name))
        assert (code, error["reason"]) == (Exit.FAILED, "PROOF_INVALID")
        assert "--anchor FILE" in error["remedy"]


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_an_altered_proof_is_not_to_be_relied_on(proof: Path, place: float, capsys: pytest.CaptureFixture[str]) -> None:
    data = bytearray(proof.read_bytes())
    at = int(len(data) * place)
    data[at] = ord("A") if data[at] != ord("A") else ord("B")
    proof.write_bytes(data)
    code, error = verify(capsys, proof, proof.with_name("anchor.json"))
    assert (code, error["reason"]) == (Exit.FAILED, "PROOF_INVALID")
    assert "hanse exchange proof ID --out FILE" in error["remedy"]


@pytest.mark.parametrize("members", [{}, {"id": "x"}, {"payload": "", "signatures": []}])
def test_what_never_was_a_proof_is_told_so(
    proof: Path, members: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    proof.write_text(json.dumps(members))
    code, error = verify(capsys, proof, proof.with_name("anchor.json"))
    assert (code, error["reason"]) == (Exit.FAILED, "PROOF_INVALID")
    assert error["remedy"].startswith("Give the file")


def test_an_anchor_file_that_is_none_is_named(proof: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_anchor(tmp_path / "made", "anchor.example")
    for path in (proof, tmp_path / "made" / "anchor.jwks.json"):
        code, error = verify(capsys, proof, path)
        assert code == Exit.FAILED
        assert path.name in error["message"]
        assert "anchor.json" in error["remedy"]


def test_a_city_that_is_named_and_not_there_is_no_excuse_to_believe_others(
    proof: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["exchange", "verify", str(proof), "--city", str(tmp_path / "none.toml")]) == Exit.USAGE
    assert "none.toml" in capsys.readouterr().err


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this installation's anchors are, in place of the real folder; no city is here."""
    monkeypatch.setattr(anchors, "INSTALLED", tmp_path / "installed")
    monkeypatch.delenv("HANSE_CITY", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "installed"


def test_a_demo_s_anchor_is_believed_as_a_demo_s_beside_others(
    proof: Path, installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["exchange", "verify", str(proof)]) == Exit.USAGE
    mine = anchors.install_demo(proof.with_name("anchor.json"))
    later = [anchors.install_demo(make_anchor(tmp_path / str(n), "anchor.example")) for n in range(2)]
    assert len({mine, *later}) == len(list(installed.iterdir())) == 3, "one name, several keys, side by side"
    capsys.readouterr()
    assert main(["exchange", "verify", str(proof), "--json"]) == Exit.OK
    told = json.loads(capsys.readouterr().out)["anchor"]
    assert (told["id"], told["demo"]) == ("anchor.example", True)
    assert told["thumbprint"].startswith(mine.stem.removeprefix("demo-"))
    assert main(["exchange", "verify", str(proof)]) == Exit.OK
    assert "made up" in capsys.readouterr().out
    mine.unlink()
    assert main(["exchange", "verify", str(proof)]) == Exit.FAILED


def test_an_anchor_that_was_named_is_no_demo_s(proof: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exchange", "verify", str(proof), "--anchor", str(proof.with_name("anchor.json")), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["anchor"]["demo"] is False


def test_only_so_many_demos_are_believed(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchors, "_DEMOS_KEPT", 2)
    installed.mkdir()
    own = installed / "anchor.example.json"  # which the operator put there
    own.write_text("{}")
    for number in range(4):
        newest = anchors.install_demo(make_anchor(tmp_path / str(number), "anchor.example"))
    assert len(list(installed.glob("demo-*"))) == 2
    assert newest.exists()
    assert own.exists()


@pytest.mark.usefixtures("installed")
def test_a_city_that_is_named_believes_its_own_anchors_only(
    proof: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    anchors.install_demo(proof.with_name("anchor.json"))
    city = make_city(tmp_path / "city", clients=())
    command = ["exchange", "verify", str(proof)]
    named = [*command, "--city", str(city_path(city))]
    assert main(named) == Exit.USAGE, "it has none at all"
    stranger = make_anchor(tmp_path / "stranger", "anchor.example")
    (city.trust / "anchors" / "anchor.example.json").write_bytes(stranger.read_bytes())
    assert main(named) == Exit.FAILED
    assert "--anchor FILE" in capsys.readouterr().err
    (city.trust / "anchors" / "paper.json").write_bytes(proof.with_name("anchor.json").read_bytes())
    assert main([*named, "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["anchor"]["demo"] is False
    assert main(command) == Exit.OK


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Federation:
    return make_federation(tmp_path_factory.mktemp("cities"))


def install(federation: Federation, path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str]]:
    code = main(["trust", "install", str(path), "--city", str(city_path(federation.here)), "--json"])
    shown = capsys.readouterr()
    return code, json.loads(shown.err)["error"] if shown.err else {}


@pytest.mark.parametrize(
    "text", ["hello", "[]", '{"a": 1}', '{"id": 7, "jwks": {}}', '{"payload": "e30", "signatures": []}']
)
def test_what_is_no_trust_list_is_refused_with_what_would_be(
    federation: Federation, tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text(text)
    before = (federation.here.trust / "list.json").read_bytes()
    code, error = install(federation, tmp_path / "file", capsys)
    assert code == Exit.FAILED
    assert error["remedy"]
    assert (federation.here.trust / "list.json").read_bytes() == before


def test_a_list_of_a_stranger_is_not_answered_with_what_was_just_tried(
    federation: Federation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_federation(tmp_path / "others")
    (tmp_path / "list.json").write_bytes(other.trust_list())
    code, error = install(federation, tmp_path / "list.json", capsys)
    assert (code, error["reason"]) == (Exit.DENIED, "NOT_TRUSTED")
    assert "anchor.json" in error["remedy"]
    (tmp_path / "good.json").write_bytes(federation.trust_list(2))
    assert install(federation, tmp_path / "good.json", capsys) == (Exit.OK, {})
