# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The demo's story, step by step: what happens is said as it happens, and everything is left in a folder."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import grpc
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from hanse.cli import anchors
from hanse.cli.demo.cities import ANCHOR, Cities, alone, create, noticed, running
from hanse.cli.demo.people import Architect, Formats, Operator
from hanse.cli.output import CliError, Exit, many
from hanse.cli.program import command
from hanse.cli.remedies import as_command
from hanse.contracts.validation import validate_document
from hanse.kernel.clock import system_clock
from hanse.kernel.errors import from_rpc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hanse.api.permit.v1 import permit_pb2
    from hanse.cli.output import Output
    from hanse.examples.borderland import Borderland

T = TypeVar("T")
MAIN_PLAN = "too-high"
LANGUAGES = ("en", "nl")
EVENT_S = 20.0
_PAUSE = threading.Event()
PLANS = {
    "complies": "a house that fits",
    "too-high": "a house too high for the neighbours across the border",
    "data-missing": "a house whose model does not say enough",
}


@dataclass(slots=True)
class Told:
    """What the demo found, for the summary and `--json`."""

    verdicts: dict[str, str] = field(default_factory=dict)
    loaded: dict[str, int] = field(default_factory=dict)
    subject: str = ""
    proof: str = ""
    revoked_refused: str = ""
    outdated: str = ""
    seconds: float = 0.0


def tell(out: Path, output: Output, *, keep: bool) -> int:
    """Runs the story; everything it leaves lies under `out`.

    Raises:
        CliError: a step did not go as it should; the sentence says which and where its log is.
    """
    clock = system_clock()
    began = clock.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    told = Told()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), TimeElapsedColumn())
    asked = threading.Event()
    with alone(out), noticed(asked), Progress(*columns, console=output.notes, transient=False) as progress:
        stage = Stage(progress, asked)
        try:
            cities = _cities(out, stage)
            built: list[Borderland] = []
            meanwhile = lambda: built.append(_built(out, stage))  # noqa: E731 - two lines of a story, not a function
            with running(cities, meanwhile, stage.starting, stage.leaving):
                stage.done("Two cities are up: five services and a NATS server each, mutual TLS between all of them")
                try:
                    _act(out, cities, built[0], stage, told)
                except grpc.RpcError as error:
                    wrong = from_rpc(error)
                    remedy = as_command(wrong.remedy)
                    raise CliError(f"{stage.current}: {wrong.message}", remedy, 1, wrong.reason) from None
                told.seconds = round(clock.monotonic() - began, 1)
                progress.stop()
                _summary(out, told, output)
                if keep:
                    _keep(cities, output)
        except KeyboardInterrupt:
            return _interrupted(stage, output)
        finally:
            stage.clear()
    return 0


def _interrupted(stage: Stage, output: Output) -> int:
    """Says what was broken off, and that nothing goes on."""
    stage.clear()
    stage.progress.stop()
    message = f"interrupted while: {stage.current}"
    output.error(message, f"Nothing runs any more. Begin anew: {command('demo')}", "INTERRUPTED")
    return Exit.INTERRUPTED


@dataclass(slots=True)
class Stage:
    """One line of progress for each step."""

    progress: Progress
    asked: threading.Event  # to stop
    current: str = ""
    _task: int | None = None

    def step(self, text: str, done: float = 0, total: float | None = None) -> None:
        """Says what is being done now. Raises KeyboardInterrupt when the demo was asked to stop."""
        self.current = text
        if self.asked.is_set():
            raise KeyboardInterrupt
        if self._task is None:
            self._task = self.progress.add_task(text, total=total)
        self.progress.update(self._task, description=text, completed=done, total=total)  # type: ignore[arg-type]

    def starting(self, what: str) -> None:
        """Says which part of the two cities is waited for."""
        self.step(f"Starting two cities ({what})")

    def leaving(self) -> None:
        """Says that the cities are being stopped, without forgetting what was being done."""
        if self._task is not None:
            self.progress.update(self._task, description="Stopping both cities", completed=0, total=None)  # type: ignore[arg-type]

    def clear(self) -> None:
        """Takes away the line of what was not done: it would stand there as if it still were."""
        if self._task is not None:
            self.progress.remove_task(self._task)  # type: ignore[arg-type]
        self._task = None

    def done(self, text: str) -> None:
        """Says what has been done, for good. Raises KeyboardInterrupt when the demo was asked to stop."""
        if self.asked.is_set():
            raise KeyboardInterrupt
        if self._task is not None:
            self.progress.update(self._task, description=f"[green]✓[/] {text}", completed=1, total=1)  # type: ignore[arg-type]
            self.progress.stop_task(self._task)  # type: ignore[arg-type]
        self._task = None


def _cities(out: Path, stage: Stage) -> Cities:
    stage.step("Writing keys, certificates and a trust list signed with ES256 and ML-DSA-65")
    cities = create(out / "cities")
    (out / "anchor.json").write_bytes(cities.anchor.read_bytes())
    anchors.install_demo(cities.anchor)
    stage.done("Keys, certificates and a signed trust list written")
    return cities


def _built(out: Path, stage: Stage) -> Borderland:
    stage.step("Building Marewijk and Lindemond: streets, houses, a river, a border, three plans")
    from hanse.examples import borderland  # which takes a while by itself

    land = borderland.write(out / "borderland")
    stage.done(f"Marewijk and Lindemond built: {many(sum(land.buildings.values()), 'building')}, three IFC plans")
    return land


def _act(out: Path, cities: Cities, land: Borderland, stage: Stage, told: Told) -> None:
    operators = {config.city.authority.split(".")[0]: Operator.of(config) for config in cities.both}
    marewijk, lindemond = operators["marewijk"], operators["lindemond"]
    marewijk.add_peer(cities.lindemond)
    lindemond.add_peer(cities.marewijk)
    for name, operator in operators.items():
        title = f"Buildings of {operator.config.city.name}"
        label = f"Loading the twin of {operator.config.city.name}"
        answer = operator.load_twin(land.twins[name], title, lambda n, of, label=label: stage.step(label, n, of))  # type: ignore[misc]
        told.loaded[operator.config.city.authority] = answer.read - answer.refused
        operator.load_outline(land.outlines[name])
        operator.put_zoning(land.zoning[name])
        stage.done(f"{operator.config.city.name}: {many(answer.read, 'object')} in the twin, zoning in force")
    architect, credential = _architect(cities, lindemond, told, stage)
    checks = {name: _check(out, name, land, architect, stage, told) for name in PLANS}
    _prove(out, cities, architect, checks[MAIN_PLAN], stage, told)
    _change(lindemond, architect, checks[MAIN_PLAN], out, stage, told)
    _revoke(lindemond, architect, credential, stage, told)


def _architect(cities: Cities, lindemond: Operator, told: Told, stage: Stage) -> tuple[Architect, str]:
    stage.step("Lindemond issues an architect's credential")
    key = Architect.new_key()
    issued = lindemond.issue_architect(key, "Wietske Kraanvogel")
    architect = Architect.at(key, issued.credential, cities.lindemond, cities.marewijk)
    told.subject = architect.sign_in()
    stage.done("Marewijk accepts the architect's credential from Lindemond, without learning her name")
    return architect, issued.id


def _check(out: Path, name: str, land: Borderland, architect: Architect, stage: Stage, told: Told) -> permit_pb2.Check:
    label = f"Checking {PLANS[name]}"
    architect.sign_in()
    check = architect.check(land.plans[name], lambda step, percent: stage.step(f"{label}: {step}", percent, 100))
    folder = out if name == MAIN_PLAN else out / name
    folder.mkdir(exist_ok=True)
    report = architect.report(check.id, Formats.FORMAT_JSON)
    found = validate_document(report, contract="permit/v1", schema="report")
    if found:
        raise CliError(f"the report of {name} breaks its own contract at {found[0].pointer}", code=1)
    (folder / "report.json").write_bytes(report)
    for language in LANGUAGES:
        suffix = "" if language == LANGUAGES[0] else f".{language}"
        (folder / f"report{suffix}.html").write_bytes(architect.report(check.id, Formats.FORMAT_HTML, language))
    (folder / "plan.svg").write_bytes(architect.report(check.id, Formats.FORMAT_PLAN_SVG, "en"))
    (folder / "view.svg").write_bytes(architect.report(check.id, Formats.FORMAT_VIEW_SVG, "en"))
    told.verdicts[name] = check.verdict
    stage.done(f"Checked {PLANS[name]}: {check.verdict}")
    return check


def _prove(out: Path, cities: Cities, architect: Architect, check: permit_pb2.Check, stage: Stage, told: Told) -> None:
    from hanse.gateway.exchange.proof import verify_proof
    from hanse.trust import Anchor

    stage.step("Fetching the proof of the exchange between the two cities")
    exchange = next((source.exchange_id for source in check.sources if source.exchange_id), "")
    if not exchange:
        raise CliError("the check names no exchange with the neighbour", "Look at sources in report.json.", 1)
    proof = architect.proof(exchange)
    (out / "proof.json").write_bytes(proof)
    anchor = Anchor.from_json(json.loads(cities.anchor.read_bytes()))
    verify_proof(proof, [anchor], system_clock().now())
    told.proof = exchange
    stage.done("Both cities' signed, logged exchange proved offline (ES256 and ML-DSA-65)")


def _change(
    lindemond: Operator, architect: Architect, check: permit_pb2.Check, out: Path, stage: Stage, told: Told
) -> None:
    stage.step("A building in Lindemond changes; its event crosses to Marewijk over NATS")
    report = json.loads((out / "report.json").read_bytes())
    near = next(
        neighbour["id"]
        for rule in report["rules"]
        for neighbour in rule["evidence"].get("neighbours", [])
        if neighbour["city"] == lindemond.config.city.authority
    )
    lindemond.heighten(near, 1.0)
    found = _until(lambda: architect.get(check.id), lambda now: now.outdated, "the check was not marked outdated")
    told.outdated = found.outdated_reason
    stage.done("Marewijk marked its result outdated: a neighbour in Lindemond has changed")


def _revoke(lindemond: Operator, architect: Architect, credential: str, stage: Stage, told: Told) -> None:
    stage.step("Lindemond revokes the credential")
    lindemond.revoke(credential)

    def refused() -> str:
        try:
            architect.sign_in()
        except grpc.RpcError as error:
            return from_rpc(error).reason
        return ""

    told.revoked_refused = _until(refused, lambda reason: reason == "REVOKED", "Marewijk still accepts the credential")
    stage.done("Lindemond revoked the credential; Marewijk refuses it")


def _until(ask: Callable[[], T], enough: Callable[[T], bool], otherwise: str) -> T:
    """Asks until it is enough, at most `EVENT_S` seconds."""
    clock = system_clock()
    deadline = clock.monotonic() + EVENT_S
    while clock.monotonic() < deadline:
        found = ask()
        if enough(found):
            return found
        _PAUSE.wait(0.2)
    raise CliError(f"{otherwise} within {EVENT_S:.0f} s", "Look at the logs under cities/*/state/log.", 1)


def _summary(out: Path, told: Told, output: Output) -> None:
    """Where everything lies, and what to try next."""
    commands = _commands(out)
    document = {
        "verdicts": told.verdicts,
        "loaded": told.loaded,
        "subject": told.subject,
        "exchange": told.proof,
        "outdated": told.outdated,
        "revoked": told.revoked_refused,
        "seconds": told.seconds,
        "report": str(out / "report.html"),
        "proof": str(out / "proof.json"),
        "next": commands,
    }
    lines = [
        "",
        f"One borderless permit check, from nothing, in {told.seconds:.0f} seconds. In {out}/:",
        "  report.html, report.nl.html   the result for people, in English and Dutch",
        "  report.json                   the result for programs (contract permit/v1)",
        "  plan.svg, view.svg            the pictures",
        "  proof.json                    who asked what of whom, on whose behalf, and what was answered",
        "  complies/, data-missing/      the other two plans",
        "",
        f"This installation now believes the demo's anchor, {ANCHOR}, as a demo's ({anchors.INSTALLED}).",
        "",
        "Try next:",
        f"  {out}/report.html in a browser",
        f"  {commands[0]}",
        f"  {commands[1]}",
        f"  {commands[2]}      then, in a second terminal:",
        f"  {commands[3]}",
    ]
    output.result(document, "\n".join(lines))


def _commands(out: Path) -> list[str]:
    """What to try next, as it can be typed here."""
    proof, anchor, report, city = (
        str(out / name) for name in ("proof.json", "anchor.json", "report.json", "cities/marewijk/city.toml")
    )
    return [
        command("exchange", "verify", proof, "--anchor", anchor),
        command("contracts", "validate", "--contract", "permit/v1", report),
        command("demo", "--out", str(out), "--keep"),
        command("status", "--city", city),
    ]


def _keep(cities: Cities, output: Output) -> None:
    names = " and ".join(str(config.root / "city.toml") for config in cities.both)
    output.note(f"Both cities go on running ({names}). Ctrl-C stops them.")
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
