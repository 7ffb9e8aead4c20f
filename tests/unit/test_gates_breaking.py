# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The gate that holds stable contracts: a repository with one such contract, and changes made to it."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HERE = "contracts/hanse/contracts/permit/v1"
TYPES = "proto/hanse/api/types/v1/types.proto"


def gate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("breaking", ROOT / ".ci/breaking.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BREAKING = gate()


class Repository:
    """A git repository with the permit contract and, if wanted, the wire."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / HERE, folder / HERE)
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        command = ["git", *who, *words]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def with_wire(self) -> None:
        shutil.copy(ROOT / "buf.yaml", self.folder)
        for path in (ROOT / "proto").rglob("*.proto"):
            target = self.folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)

    def status(self, status: str, **more: Any) -> None:
        path = self.folder / HERE / "contract.yaml"
        manifest = {**yaml.safe_load(path.read_text()), "status": status, **more}
        path.write_text(yaml.safe_dump(manifest))

    def revision(self) -> str:
        return str(yaml.safe_load((self.folder / HERE / "contract.yaml").read_text())["revision"])

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "a step")
        return self.git("rev-parse", "HEAD")

    def change(self, change: Callable[[dict[str, Any]], object]) -> None:
        path = self.folder / HERE / "report.schema.json"
        schema = json.loads(path.read_text())
        change(schema)
        path.write_text(json.dumps(schema))

    def replace(self, path: str, pattern: str, new: str) -> None:
        text = (self.folder / path).read_text()
        changed = re.sub(pattern, new, text, count=1)
        assert changed != text
        (self.folder / path).write_text(changed)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.delenv("HANSE_BREAKING_BASE", raising=False)
    return Repository(tmp_path)


def run(repository: Repository, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = BREAKING.main(repository.folder)
    said = capsys.readouterr()
    return code, said.out + said.err


def remove_verdict(schema: dict[str, Any]) -> None:
    del schema["properties"]["verdict"]
    schema["required"].remove("verdict")


@pytest.mark.parametrize(("status", "code", "said"), [("stable", 1, "breaks stable"), ("draft", 0, "breaks draft")])
def test_a_member_taken_away_blocks_when_stable_and_is_told_in_a_draft(
    repository: Repository, capsys: pytest.CaptureFixture[str], status: str, code: int, said: str
) -> None:
    repository.status(status)
    repository.commit()
    repository.change(remove_verdict)
    repository.commit()
    found = run(repository, capsys)
    assert found[0] == code
    assert f"{said}: permit/v1: report /verdict: is gone" in found[1]


def test_what_is_not_committed_is_looked_at_too(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.status("stable")
    repository.commit()
    repository.git("branch", "-q", "before")
    repository.commit()
    assert run(repository, capsys)[0] == 0
    repository.change(remove_verdict)
    assert run(repository, capsys)[0] == 1


def test_an_addition_needs_a_new_revision_and_nothing_more(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.status("stable")
    repository.commit()
    repository.commit()
    repository.change(lambda schema: schema["properties"].update(remark={"type": "string"}))
    code, said = run(repository, capsys)
    assert (code, f"its revision is still {repository.revision()}" in said) == (1, True)
    repository.status("stable", revision="1.99.0")
    assert run(repository, capsys)[0] == 0


@pytest.mark.parametrize("status", ["stable", "deprecated"])
def test_a_held_contract_cannot_slip_away(
    repository: Repository, capsys: pytest.CaptureFixture[str], status: str
) -> None:
    repository.status(status, deprecation={"date": "2899-12-31", "successor": ""})
    repository.commit()
    repository.commit()
    repository.status("draft")
    repository.change(remove_verdict)
    code, said = run(repository, capsys)
    assert code == 1
    assert "cannot become a draft again" in said
    shutil.rmtree(repository.folder / HERE)
    code, said = run(repository, capsys)
    assert code == 1
    assert "the contract is gone" in said


def test_a_deprecated_contract_may_go_after_its_last_day(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.status("deprecated", deprecation={"date": "2020-01-31", "successor": ""})
    repository.commit()
    repository.commit()
    shutil.rmtree(repository.folder / HERE)
    assert run(repository, capsys)[0] == 0


def test_a_branch_is_compared_with_where_it_left_the_default_branch(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.status("stable")
    left = repository.commit()
    repository.git("tag", "v1.0.0")
    repository.change(lambda schema: schema["properties"].update(remark={"type": "string"}))
    upstream = repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", upstream)
    repository.git("reset", "-q", "--hard", left)
    assert BREAKING.base(repository.folder) == "v1.0.0"
    repository.change(remove_verdict)
    repository.commit()
    repository.commit()
    assert BREAKING.base(repository.folder) == left
    assert run(repository, capsys)[0] == 1


def test_without_a_remote_it_is_the_newest_release_then_the_commit_before(repository: Repository) -> None:
    repository.commit()
    assert BREAKING.base(repository.folder) is None
    repository.commit()
    assert BREAKING.base(repository.folder) == "HEAD~1"
    repository.git("tag", "v0.9.0")
    repository.commit()
    repository.commit()
    assert BREAKING.base(repository.folder) == "v0.9.0"


def test_a_base_that_is_named_and_not_there_is_no_pass(
    repository: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit()
    monkeypatch.setenv("HANSE_BREAKING_BASE", "release")
    assert run(repository, capsys)[0] == 2
    repository.git("branch", "release")
    assert run(repository, capsys)[0] == 0


def test_a_shallow_clone_is_no_pass(
    repository: Repository, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.commit()
    repository.commit()
    clone = tmp_path_factory.mktemp("shallow") / "clone"
    repository.git("clone", "-q", "--depth", "1", f"file://{repository.folder}", str(clone))
    assert BREAKING.main(clone) == 2
    assert "shallow" in capsys.readouterr().err


@pytest.fixture
def wired(repository: Repository) -> Repository:
    if not BREAKING.BUF.exists():
        pytest.skip("buf is not installed: make gates installs it")
    repository.with_wire()
    return repository


@pytest.mark.parametrize(("status", "code"), [("stable", 1), ("draft", 0)])
@pytest.mark.parametrize(
    ("path", "pattern", "new"),
    [
        (TYPES, r"string owner = 3;", ""),
        (TYPES, r"string licence = 4;", "bytes licence = 4;"),
        ("proto/hanse/api/permit/v1/permit.proto", r"  rpc GetReport.*\n", ""),
    ],
)
def test_the_wire_of_a_stable_contract_is_held_with_its_shared_types(
    wired: Repository, capsys: pytest.CaptureFixture[str], status: str, code: int, path: str, pattern: str, new: str
) -> None:
    wired.status(status)
    wired.commit()
    wired.commit()
    assert run(wired, capsys)[0] == 0
    wired.replace(path, pattern, new)
    found = run(wired, capsys)
    assert found[0] == code
    assert f"breaks {status}: {path}" in found[1]


def test_a_proto_file_that_is_gone_blocks(wired: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    wired.status("stable")
    wired.commit()
    wired.commit()
    (wired.folder / "proto/hanse/api/permit/v1/permit.proto").unlink()
    code, said = run(wired, capsys)
    assert code == 1
    assert "permit.proto" in said


def test_the_wire_of_other_contracts_may_change_while_they_are_drafts(
    wired: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    wired.status("stable")
    wired.commit()
    wired.commit()
    wired.replace("proto/hanse/api/twin/v1/twin.proto", r"  string page_token = 6;", "")
    code, said = run(wired, capsys)
    assert code == 0
    assert "breaks draft: proto/hanse/api/twin/v1/twin.proto" in said


def test_a_wire_that_cannot_be_read_is_no_pass(wired: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    wired.commit()
    wired.commit()
    (wired.folder / TYPES).write_text("nonsense")
    assert run(wired, capsys)[0] == 2
