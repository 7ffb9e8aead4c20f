# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The words of a report in Dutch and English: one key, one text per language.

Translation holds the official catalogue (`GetLabels`), keyed alike; what it answers is laid over these defaults, so
that a report can also be written with nobody to ask. `{name}` marks are filled in by the caller. Keys of the families
`verdict.`, `state.`, `datum.`, `loss.`, `measure.`, `measured.`, `allowed.`, `use.` and `unit.` end in a code of the
report; a code without a label is shown as it stands.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES: Final = ("nl", "en")

_NL_EN: Final[dict[str, tuple[str, str]]] = {
    # The page.
    "page.title": ("Vergunningscheck", "Permit check"),
    "page.of": ("Vergunningscheck van {file}", "Permit check of {file}"),
    "page.by": ("Getoetst door {city}", "Checked by {city}"),
    "page.skip": ("Naar de inhoud", "Skip to the content"),
    "page.contents": ("Op deze pagina", "On this page"),
    "page.law_of": ("Regels zoals die gelden op {date}", "Rules as in force on {date}"),
    "page.created": ("Opgemaakt op {date}", "Drawn up on {date}"),
    "page.machine": (
        (
            "Dit is een automatische toets aan de regels die de gemeente machineleesbaar heeft gemaakt. "
            "Het is geen besluit op een vergunningaanvraag."
        ),
        (
            "This is an automatic check against the rules that the city has made machine-readable. "
            "It is not a decision on a permit application."
        ),
    ),
    # Sections.
    "section.result": ("Uitkomst", "Result"),
    "section.next": ("Wat u nu kunt doen", "What to do next"),
    "section.pictures": ("Het plan in beeld", "The plan in pictures"),
    "section.rules": ("Regel voor regel", "Rule by rule"),
    "section.cities": ("Wat elke stad antwoordde", "What each city answered"),
    "section.data": ("Waar de gegevens vandaan komen", "Where the data comes from"),
    "section.model": ("Het bouwmodel", "The building model"),
    "section.losses": ("Wat bij het vertalen verloren ging", "What was lost in translation"),
    "section.proof": ("Bewijs en controle", "Proof and verification"),
    # Verdicts.
    "verdict.COMPLIANT": ("Voldoet", "Complies"),
    "verdict.NON_COMPLIANT": ("Voldoet niet", "Does not comply"),
    "verdict.NOT_APPLICABLE": ("Niet van toepassing", "Not applicable"),
    "verdict.INSUFFICIENT_DATA": ("Te weinig gegevens", "Not enough data"),
    "verdict.REVIEW_REQUIRED": ("Beoordeling nodig", "Needs review"),
    "overall.COMPLIANT": (
        "Het plan voldoet aan alle regels die zijn getoetst.",
        "The plan complies with every rule that was checked.",
    ),
    "overall.NON_COMPLIANT": (
        "Het plan voldoet niet aan {count} van de {total} getoetste regels: {rules}.",
        "The plan does not comply with {count} of the {total} rules checked: {rules}.",
    ),
    "overall.INSUFFICIENT_DATA": (
        "Of het plan voldoet is niet te zeggen: voor {count} van de {total} regels ontbreken gegevens ({rules}).",
        "Whether the plan complies cannot be said: for {count} of the {total} rules data is missing ({rules}).",
    ),
    "overall.REVIEW_REQUIRED": (
        "Voor {count} van de {total} regels moet een medewerker van de gemeente oordelen: {rules}.",
        "For {count} of the {total} rules a person at the city has to judge: {rules}.",
    ),
    "overall.NOT_APPLICABLE": (
        "Geen van de getoetste regels is op dit plan van toepassing.",
        "None of the rules checked applies to this plan.",
    ),
    "overall.no_rules": ("Er is geen enkele regel getoetst.", "Not a single rule was checked."),
    "overall.silent": (
        "Er kwam geen volledig antwoord uit {cities}; wat daarvan afhing, is niet goedgekeurd.",
        "No full answer came from {cities}; what depended on it was not passed.",
    ),
    "overall.tally": ("Aantal regels per uitkomst", "Number of rules by result"),
    # What to do next.
    "next.COMPLIANT": (
        "Dien uw aanvraag in en voeg dit rapport en het bewijsbestand toe.",
        "Submit your application, and add this report and the proof file.",
    ),
    "next.NON_COMPLIANT": (
        "Pas het plan aan, of bespreek met de gemeente of afwijken mogelijk is:",
        "Change the plan, or ask the city whether it can allow an exception:",
    ),
    "next.INSUFFICIENT_DATA": (
        "Vul aan wat ontbreekt en laat het plan opnieuw toetsen:",
        "Supply what is missing and have the plan checked again:",
    ),
    "next.REVIEW_REQUIRED": (
        "Vraag de gemeente om deze regels te beoordelen:",
        "Ask the city to judge these rules:",
    ),
    "next.NOT_APPLICABLE": (
        "Vraag de gemeente welke regels voor uw plan wel gelden.",
        "Ask the city which rules do apply to your plan.",
    ),
    "next.silent": (
        "Laat het plan opnieuw toetsen zodra {cities} weer volledig antwoordt.",
        "Have the plan checked again once {cities} answers in full.",
    ),
    "next.placement": (
        "Herstel de plaatsing van het model: {issues}",
        "Correct the placement of the model: {issues}",
    ),
    # A rule.
    "rule.result": ("Uitkomst", "Result"),
    "rule.measured": ("Gemeten", "Measured"),
    "rule.allowed": ("Toegestaan", "Allowed"),
    "rule.tolerance": ("Meettolerantie", "Tolerance"),
    "rule.zone": ("Gebied", "Zone"),
    "rule.in_force": ("In werking sinds {date}", "In force since {date}"),
    "rule.elements": ("Bouwdelen waarop dit rust (IFC GlobalId)", "Building elements this rests on (IFC GlobalId)"),
    "rule.elements_more": ("en nog {count}", "and {count} more"),
    "rule.assumptions": ("Aannames", "Assumptions"),
    "rule.neighbours": (
        "Gebouwen in de buurt waaraan regel {number} is getoetst",
        "Neighbouring buildings that rule {number} was checked against",
    ),
    "rule.neighbours_more": (
        "Getoond zijn de {shown} die het meest ter zake doen, van {count}. Het JSON-rapport noemt ze alle.",
        "Shown are the {shown} that matter most, of {count}. The JSON report names them all.",
    ),
    "value.unknown": ("onbekend", "not known"),
    "value.none": ("geen", "none"),
    "value.yes": ("ja", "yes"),
    "value.no": ("nee", "no"),
    "text.more": ("… (nog {count} tekens)", "… ({count} more characters)"),
    # Tables.
    "table.number": ("Nr.", "No."),
    "table.building": ("Gebouw", "Building"),
    "table.city": ("Stad", "City"),
    "table.distance": ("Afstand", "Distance"),
    "table.state": ("Antwoord", "Answer"),
    "table.count": ("Gebouwen", "Buildings"),
    "table.as_of": ("Stand van", "As of"),
    "table.detail": ("Toelichting", "Remark"),
    "table.measure": ("Maat", "Measure"),
    "table.value": ("Waarde", "Value"),
    "table.uncertainty": ("Onzekerheid", "Uncertainty"),
    "table.method": ("Hoe gemeten", "How measured"),
    "table.kind": ("Soort", "Kind"),
    "table.path": ("Plaats in het brondocument", "Place in the source document"),
    "table.ground": ("Maaiveld", "Ground"),
    "table.ridge": ("Hoogste punt", "Highest point"),
    "table.height": ("Hoogte", "Height"),
    "table.plan": ("Het plan", "The plan"),
    # Cities' answers.
    "state.answered": ("Antwoordde volledig", "Answered in full"),
    "state.partial": ("Antwoordde gedeeltelijk", "Answered in part"),
    "state.refused": ("Weigerde", "Refused"),
    "state.timed_out": ("Antwoordde niet op tijd", "Did not answer in time"),
    "state.unavailable": ("Niet bereikbaar", "Could not be reached"),
    "cities.caption": ("Antwoord van elke stad die is gevraagd", "Answer of each city that was asked"),
    "cities.whole": (
        "Alle gevraagde steden hebben volledig geantwoord.",
        "Every city that was asked answered in full.",
    ),
    "cities.partial": (
        (
            "Dit rapport is niet volledig: {cities} gaf geen volledig antwoord. Gebouwen daar kunnen ontbreken; "
            "geen enkele regel is op grond daarvan goedgekeurd."
        ),
        (
            "This report is not whole: {cities} did not answer in full. Buildings there may be missing; "
            "no rule was passed on the strength of that."
        ),
    ),
    "cities.none": ("Er is geen enkele stad gevraagd.", "No city was asked."),
    # Data.
    "data.owner": ("Bronhouder", "Owner"),
    "data.licence": ("Licentie", "Licence"),
    "data.terms": ("Voorwaarden", "Terms"),
    "data.jurisdiction": ("Rechtsgebied", "Jurisdiction"),
    "data.crs": ("Coördinatenstelsel", "Coordinate system"),
    "data.datum": ("Hoogtestelsel", "Vertical datum"),
    "data.zoning": ("Omgevingsplan", "Zoning document"),
    "data.from": ("Gegevens van {city}", "Data of {city}"),
    "data.id": ("Kenmerk", "Identifier"),
    "data.no_datasets": ("Bij dit antwoord hoort geen dataset.", "No data set came with this answer."),
    "datum.declared": ("opgegeven door de bronhouder", "declared by the owner"),
    "datum.assumed": ("aangenomen: de bron noemt het niet", "assumed: the source does not name it"),
    "datum.unknown": ("onbekend", "not known"),
    # The model.
    "model.file": ("Bestand", "File"),
    "model.size": ("Grootte", "Size"),
    "model.bytes": ("{count} bytes", "{count} bytes"),
    "model.schema": ("IFC-schema", "IFC schema"),
    "model.sha256": ("SHA-256 van het model", "SHA-256 of the model"),
    "model.id": ("Kenmerk van het model", "Identifier of the model"),
    "model.eastings": ("Oost (E)", "Eastings"),
    "model.northings": ("Noord (N)", "Northings"),
    "model.height": ("Hoogte nulpunt", "Height of the origin"),
    "model.true_north": ("Ware noorden", "True north"),
    "model.declared_by": ("Opgegeven door", "Declared by"),
    "model.issues": ("Opmerkingen bij de plaatsing", "Remarks on the placement"),
    "model.measures": ("Wat in het model is gemeten", "What was measured in the model"),
    # Losses.
    "losses.none": ("Bij het vertalen ging niets verloren.", "Nothing was lost in translation."),
    "losses.caption": (
        "Wat niet kon worden overgenomen uit de gegevens van andere steden",
        "What could not be carried over from other cities' data",
    ),
    "losses.more": ("Getoond zijn {shown} van {count}.", "Shown are {shown} of {count}."),
    "loss.dropped": ("Weggelaten", "Left out"),
    "loss.defaulted": ("Standaardwaarde ingevuld", "Default filled in"),
    "loss.narrowed": ("Versmald", "Narrowed"),
    "loss.precision": ("Nauwkeurigheid verloren", "Precision lost"),
    "loss.unmapped": ("Geen tegenhanger", "No counterpart"),
    "loss.language_dropped": ("Taal weggelaten", "Language left out"),
    # Proof.
    "proof.intro": (
        (
            "Elke vraag aan een andere stad en elk antwoord is ondertekend en in de logboeken van beide steden "
            "vastgelegd. Met het bewijsbestand kunt u dat zonder internetverbinding nagaan:"
        ),
        (
            "Every question to another city and every answer was signed and entered in the logs of both cities. "
            "With the proof file you can verify that without an internet connection:"
        ),
    ),
    "proof.command": ("Opdracht om te controleren", "Command to verify"),
    "proof.exchanges": ("Uitwisselingen", "Exchanges"),
    "proof.no_exchange": ("binnen de stad, geen uitwisseling", "inside the city, no exchange"),
    "proof.snapshot": ("SHA-256 van het antwoord", "SHA-256 of the answer"),
    "proof.caption": ("Kenmerken van de gebruikte gegevens", "Identifiers of the data used"),
    "proof.check": ("Kenmerk van de toets", "Identifier of the check"),
    "proof.report": ("Kenmerk van het rapport", "Identifier of the report"),
    "proof.purpose": ("Doel", "Purpose"),
    "proof.subject": ("Namens (afgeschermd kenmerk)", "On behalf of (pairwise identifier)"),
    "proof.contract": ("Contract", "Contract"),
    "proof.software": ("Programmatuur", "Software"),
    "proof.zoning_sha256": ("SHA-256 van het omgevingsplan", "SHA-256 of the zoning document"),
    # Pictures.
    "picture.plan": ("Plattegrond", "Plan view"),
    "picture.view": ("Schuin van boven", "From above"),
    "picture.section": ("Hoogten vergeleken", "Heights compared"),
    "picture.table": ("De cijfers bij de beelden", "The figures behind the pictures"),
    "picture.table_of": (
        "De cijfers bij de beelden; maaiveld en hoogste punt in meters boven {datum}",
        "The figures behind the pictures; ground and highest point in metres above {datum}",
    ),
    "picture.scroll": ("Beeld: {title}", "Picture: {title}"),
    "picture.nowhere": (
        "Het model zegt niet waar het plan staat: er is niets te tekenen.",
        "The model does not say where the plan stands: there is nothing to draw.",
    ),
    "picture.building": ("Bouwplan", "Plan"),
    "picture.in_city": ("Gebouwen in {city}", "Buildings in {city}"),
    "picture.plane": ("Bouwvlak", "Building plane"),
    "picture.border": ("Stadsgrens", "City border"),
    "picture.zone": ("Gebiedsgrens", "Zone boundary"),
    "picture.north": ("N", "N"),
    "picture.maximum": ("ten hoogste {value}", "at most {value}"),
    "picture.plan_desc": (
        "Plattegrond op schaal, noorden boven, {width} breed. Het bouwplan ligt in het midden; eromheen {buildings}.",
        "Plan view to scale, north up, {width} wide. The plan lies in the middle; around it {buildings}.",
    ),
    "picture.buildings_of": ("{count} gebouwen in {city}", "{count} buildings in {city}"),
    "picture.building_of": ("1 gebouw in {city}", "1 building in {city}"),
    "picture.no_buildings": ("geen gebouwen", "no buildings"),
    "picture.view_desc": (
        "Het bouwplan en zijn omgeving, gezien vanuit het {side}. {buildings} binnen {radius} van het plan.",
        "The plan and its surroundings, seen from the {side}. {buildings} within {radius} of the plan.",
    ),
    "picture.section_desc": (
        (
            "Silhouet langs de lijn van het bouwplan naar gebouw {number}: het plan reikt tot {plan}, "
            "de buur tot {neighbour}, beide boven {datum}."
        ),
        (
            "Silhouette along the line from the plan to building {number}: the plan reaches {plan}, "
            "the neighbour {neighbour}, both above {datum}."
        ),
    ),
    "picture.section_unknown": (
        "Silhouet van het bouwplan; hoe hoog het ligt ten opzichte van de buren is niet bekend.",
        "Silhouette of the plan; how high it stands compared with its neighbours is not known.",
    ),
    "picture.silent": (
        "{city} {state}: gebouwen daar kunnen ontbreken",
        "{city} {state}: buildings there may be missing",
    ),
    "picture.unknown_height": ("hoogte onbekend", "height not known"),
    "picture.limit": ("Hoogste punt dat mag", "Highest point allowed"),
    "picture.section_alone": (
        "Silhouet van het bouwplan: het reikt tot {plan}. Er is geen gebouw in de buurt om mee te vergelijken.",
        "Silhouette of the plan: it reaches {plan}. There is no building nearby to compare with.",
    ),
    "picture.marked": (
        "Gebouw {number} in {city}: {verdict}, op {distance}.",
        "Building {number} in {city}: {verdict}, at {distance}.",
    ),
    "side.n": ("noorden", "north"),
    "side.ne": ("noordoosten", "north-east"),
    "side.e": ("oosten", "east"),
    "side.se": ("zuidoosten", "south-east"),
    "side.s": ("zuiden", "south"),
    "side.sw": ("zuidwesten", "south-west"),
    "side.w": ("westen", "west"),
    "side.nw": ("noordwesten", "north-west"),
    # Codes of measures, uses and units.
    "measured.max_height": ("{value} boven peil", "{value} above the reference level"),
    "allowed.max_height": ("ten hoogste {value} boven peil", "at most {value} above the reference level"),
    "measured.footprint_within": ("{value} buiten het bouwvlak", "{value} outside the building plane"),
    "allowed.footprint_within": (
        "ten hoogste {value} buiten het bouwvlak",
        "at most {value} outside the building plane",
    ),
    "measured.neighbour_distance": ("{value} tot het naaste gebouw", "{value} to the nearest building"),
    "allowed.neighbour_distance": ("ten minste {value}", "at least {value}"),
    "measured.neighbour_height": ("{value} hoger dan een buur", "{value} higher than a neighbour"),
    "allowed.neighbour_height": ("ten hoogste {value} hoger", "at most {value} higher"),
    "measure.use": ("gebruik", "use"),
    "measure.height": ("hoogte van het gebouw", "height of the building"),
    "measure.ground_level": ("laagste punt", "lowest point"),
    "measure.ridge_level": ("hoogste punt", "highest point"),
    "measure.footprint_area": ("oppervlakte van bovenaf gezien", "area seen from above"),
    "use.home_business": ("bedrijf aan huis", "home business"),
    "use.home_office": ("kantoor aan huis", "home office"),
    "use.residential": ("wonen", "residential"),
    "use.office": ("kantoor", "office"),
    "use.retail": ("detailhandel", "retail"),
    "use.mixed": ("gemengd", "mixed"),
    "use.industrial": ("bedrijven", "industrial"),
    "use.education": ("onderwijs", "education"),
    "use.hospitality": ("horeca", "hospitality"),
    "use.agricultural": ("agrarisch", "agricultural"),
    "use.green": ("groen", "green"),
    "use.traffic": ("verkeer", "traffic"),
    "use.water": ("water", "water"),
    "unit.m": ("m", "m"),
    "unit.m2": ("m²", "m²"),
    "unit.m3": ("m³", "m³"),
    "unit.deg": ("°", "°"),
    "unit.percent": ("%", "%"),
}

CATALOGUE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        language: MappingProxyType({key: texts[at] for key, texts in _NL_EN.items()})
        for at, language in enumerate(LANGUAGES)
    }
)


class LanguageError(ValueError):
    """A report was asked for in a language that it is not written in."""


def catalogue(language: str, official: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return every label in a language ("nl" or "en"), those of `official` taking precedence.

    Raises:
        LanguageError: the language is neither.
    """
    if language not in CATALOGUE:
        raise LanguageError(
            f"language {language!r} is not one a report is written in: ask for one of {', '.join(LANGUAGES)}"
        )
    return MappingProxyType({**CATALOGUE[language], **(official or {})})
