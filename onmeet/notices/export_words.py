"""What the README of an export says, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ExportWords", "export_words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportWords:
    """Sentences with holes; `no_date` stands where the event has not happened from which a term counts."""

    title: str
    made: str
    rule: str
    files: str
    json: str
    csv: str
    guard: str
    about_table: str
    items: str
    purpose: str
    basis: str
    until: str
    readers: str
    recipients: str
    not_permitted: str
    hidden: str
    technical: str
    rows: str
    not_in: str
    elsewhere: str
    complain: str
    nobody: str


_EN = ExportWords(
    title="Everything that {controller} holds about you",
    made="Made on {moment} (UTC).",
    rule="The privacy notice in force then: {name}, version {version}.",
    files="The files",
    json="data.json – everything, for machines. Its format is onmeet-export/1: the schema is in the manual"
    " of OnMeet, docs/export.md. Another service can read it.",
    csv="The .csv files – the same as tables, for a spreadsheet: UTF-8 with a mark at the beginning, commas.",
    guard="A cell that begins with = + - @ has an apostrophe in front, so that no spreadsheet takes it for a"
    " formula. data.json has the value as it is.",
    about_table="{table}.csv – rows: {count}; columns: {what}",
    items="What is held, what for, and until when",
    purpose="What for: {purpose}",
    basis="Legal basis: {basis}",
    until="Kept: {until}",
    readers="Who sees it: {readers}",
    recipients="Who receives it: {recipients}",
    not_permitted="The privacy notice in force no longer permits this: it goes with the next clean-up.",
    hidden="kept as a hash, which would open your account to whoever had it: not exported",
    technical="Technical data: columns that say nothing about you, and why they exist",
    rows="{table}: {count} rows",
    not_in="Not in here: names and data of other people in your meetings. They are theirs, not yours.",
    elsewhere="What is only in memory during a meeting is never stored, and so it is not in here either.",
    complain="If you think that something is wrong with this, you can complain to: {authority}.",
    nobody="nobody",
)

_DE = ExportWords(
    title="Alles, was {controller} über Sie speichert",
    made="Erstellt am {moment} (UTC).",
    rule="Die zu diesem Zeitpunkt geltende Datenschutzerklärung: {name}, Version {version}.",
    files="Die Dateien",
    json="data.json – alles, für Maschinen. Das Format heißt onmeet-export/1; das Schema steht im Handbuch"
    " von OnMeet, docs/export.md. Ein anderer Dienst kann es lesen.",
    csv="Die .csv-Dateien – dasselbe als Tabellen: UTF-8 mit Kennung am Anfang, durch Kommas getrennt.",
    guard="Vor einer Zelle, die mit = + - @ beginnt, steht ein Apostroph, damit kein Tabellenprogramm sie für"
    " eine Formel hält. In data.json steht der Wert, wie er ist.",
    about_table="{table}.csv – Zeilen: {count}; Spalten: {what}",
    items="Was gespeichert ist, wozu, und bis wann",
    purpose="Wozu: {purpose}",
    basis="Rechtsgrundlage: {basis}",
    until="Gespeichert: {until}",
    readers="Wer es sieht: {readers}",
    recipients="Wer es bekommt: {recipients}",
    not_permitted="Die geltende Datenschutzerklärung erlaubt das nicht mehr: Es wird demnächst gelöscht.",
    hidden="als Hash gespeichert, der Ihr Konto jedem öffnen würde, der ihn hätte: nicht ausgegeben",
    technical="Technische Daten: Spalten, die nichts über Sie sagen, und wozu es sie gibt",
    rows="{table}: {count} Zeilen",
    not_in="Nicht enthalten: Namen und Daten anderer Menschen in Ihren Besprechungen. Sie gehören ihnen.",
    elsewhere="Was während einer Besprechung nur im Arbeitsspeicher steht, wird nie gespeichert.",
    complain="Wenn Sie meinen, dass hier etwas nicht stimmt, können Sie sich beschweren bei: {authority}.",
    nobody="niemand",
)

_FR = ExportWords(
    title="Tout ce que {controller} conserve à votre sujet",
    made="Établi le {moment} (UTC).",
    rule="La politique de confidentialité alors en vigueur : {name}, version {version}.",
    files="Les fichiers",
    json="data.json – tout, pour les machines. Le format est onmeet-export/1 ; le schéma est dans le"
    " manuel d’OnMeet, docs/export.md. Un autre service peut le lire.",
    csv="Les fichiers .csv – la même chose en tableaux : UTF-8 avec une marque au début, virgules.",
    guard="Une cellule qui commence par = + - @ est précédée d’une apostrophe, pour qu’aucun tableur ne la"
    " prenne pour une formule. data.json contient la valeur telle quelle.",
    about_table="{table}.csv – {count} lignes : {what}",
    items="Ce qui est conservé, pourquoi, et jusqu’à quand",
    purpose="Pourquoi : {purpose}",
    basis="Base légale : {basis}",
    until="Conservé : {until}",
    readers="Qui le voit : {readers}",
    recipients="Qui le reçoit : {recipients}",
    not_permitted="La politique en vigueur ne le permet plus : le prochain nettoyage l’efface.",
    hidden="conservé sous forme d’empreinte, qui ouvrirait votre compte à qui l’aurait : non exporté",
    technical="Données techniques : colonnes qui ne disent rien de vous, et leur raison",
    rows="{table} : {count} lignes",
    not_in="Absents d’ici : noms et données d’autres personnes dans vos réunions. Ils leur appartiennent.",
    elsewhere="Ce qui n’est qu’en mémoire pendant une réunion n’est jamais conservé, et manque donc ici.",
    complain="Si vous pensez que quelque chose ne va pas, vous pouvez saisir : {authority}.",
    nobody="personne",
)

_ALL: Mapping[str, ExportWords] = {"en": _EN, "de": _DE, "fr": _FR}


def export_words(language: str) -> ExportWords:
    """The words of a language; English for one that we do not speak."""
    return _ALL.get(language, _EN)
