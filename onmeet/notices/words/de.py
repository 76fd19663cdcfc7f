"""A notice in German."""

from __future__ import annotations

from onmeet.notices.words.de_page import CONSENTS, PHRASES, RECIPIENTS
from onmeet.notices.words.shape import EventWords, Terms, Words

__all__ = ["WORDS"]

_CATEGORIES = {
    "account.name": ("Name", "unter dem ein Konto geführt wird"),
    "account.email": ("E-Mail-Adresse", "zum Anmelden und um Ihnen zu schreiben"),
    "account.phone": ("Telefonnummer", "des Kontos, falls eine angegeben wurde"),
    "account.country": ("Land", "in dem der Inhaber des Kontos wohnt, falls angegeben"),
    "account.password": ("Passwort", "als argon2id-Prüfwert, aus dem es sich nicht ablesen lässt"),
    "account.picture": ("Profilbild", "falls eines hochgeladen wurde"),
    "account.settings": ("Einstellungen", "Sprache und Entscheidungen im Konto"),
    "account.times": ("Tage der Nutzung", "an welchem Tag ein Konto entstand und zuletzt benutzt wurde"),
    "account.sign_in": (
        "Angemeldete Browser",
        "welche Art von Browser, seit wann und bis wann",
    ),
    "billing.state": ("Stand der Zahlung", "ob der Zahlungsdienst bezahlt wurde und ob er Sie kennt"),
    "billing.invoice": ("Rechnungen", "Nummer, Datum, Betrag und Anschrift; nie Karten- oder Bankdaten"),
    "meeting.link": ("Code des Treffens", "der Teil des Links vor dem #; der geheime Teil kommt nie hierher"),
    "meeting.topic": ("Titel eines Treffens", "wie ihn die Person eingegeben hat, der es gehört"),
    "meeting.description": ("Beschreibung eines Treffens", "wie sie eingegeben wurde"),
    "meeting.times": (
        "Tage und Zeiten eines Treffens",
        "wann es angelegt wurde, geplant ist, begann und endete",
    ),
    "meeting.participants": ("Namen im Treffen", "wie sie beim Eintreten eingegeben wurden"),
    "meeting.joins": ("Kommen und Gehen", "wann wer in ein Treffen kam und es verließ"),
    "meeting.access_kind": ("Art des Zugangs", "ob jemand mit dem Browser oder per Telefon kam"),
    "meeting.ip": ("Netzadressen im Treffen", "die IP-Adresse jeder teilnehmenden Person"),
    "meeting.device": ("Gerät", "Browser und Betriebssystem mit ihren Versionen"),
    "meeting.quality": ("Güte der Verbindung", "Verluste, Verzögerungen und Datenraten je Person"),
    "meeting.integration": ("Verbundene Dienste", "was ein fremder Dienst in einem Treffen tat und wann"),
    "call.caller_number": ("Anrufende Nummer", "Nummer oder Kennung des Anschlusses, von dem ein Anruf kam"),
    "call.callee_number": ("Angerufene Nummer", "Nummer oder Kennung des angerufenen Anschlusses"),
    "call.times": ("Zeiten eines Anrufs", "wann ein Telefonat begann und endete"),
    "call.pbx_domain": ("Domain der Telefonanlage", "über die der Anruf kam"),
    "call.licence_key": ("Lizenzschlüssel der Telefonanlage", "über die der Anruf kam"),
    "call.ip": ("Netzadresse der Telefonanlage", "die IP-Adresse, von der der Anruf kam"),
    "chat.message": (
        "Chat-Nachrichten",
        "in einem Treffen geschrieben; vor dem Senden im Browser verschlüsselt",
    ),
    "notes.text": ("Kommentare und Notizen", "was in einem Treffen gemeinsam aufgeschrieben wird"),
    "recording.file": ("Aufnahmen", "Ton oder Bild eines Treffens, nur wenn es aufgenommen wurde"),
    "security.ip": (
        "Netzadresse eines Besuchs",
        "IP-Adresse und Zeit von Zugriffen, gegen Angriffe und für nichts anderes",
    ),
    "visitor.country": ("Land eines Besuchs", "aus der IP-Adresse geschätzt, für Währung und Standort"),
    "usage.aggregate": ("Zählungen", "wie viel wann mit welcher Art Browser genutzt wurde; über niemanden"),
    "consent.record": ("Einwilligungen", "wofür, in welchen Worten, wann gegeben und wann widerrufen"),
    "newsletter.address": ("Newsletter", "die E-Mail-Adresse, an die er geht"),
    "contact.request": ("Anfragen", "was Sie uns schreiben und wie wir Ihnen antworten können"),
    "request.subject": ("Anträge zu Ihren Daten", "wer was beantragt hat und was geantwortet wurde"),
    "application.document": ("Bewerbungen", "die Unterlagen, die Sie schicken"),
}

_PURPOSES = {
    "AccountManagement": "um Konten zu führen",
    "CommunicationForCustomerCare": "um Anfragen und Beschwerden zu beantworten",
    "CommunicationManagement": "um Menschen im Treffen zu verbinden",
    "CustomerCare": "um Kunden zu helfen",
    "DirectMarketing": "um Ihnen von unseren Angeboten zu erzählen",
    "EnforceSecurity": "damit der Dienst sicher bleibt",
    "EstablishContractualAgreement": "damit ein Vertrag oder eine Probezeit zustande kommt",
    "FulfilmentOfContractualObligation": "um den Vertrag zu erfüllen",
    "IdentityAuthentication": "um Sie beim Anmelden wiederzuerkennen",
    "IncreaseServiceRobustness": "um Störungen zu finden und zu beheben",
    "InternalResourceOptimisation": "um zu planen, wie viel Leistung gebraucht wird",
    "LegalCompliance": "um das Gesetz einzuhalten",
    "MisusePreventionAndDetection": "um Missbrauch zu verhindern und aufzudecken",
    "PaymentManagement": "für die Zahlung",
    "PublicBenefit": "für eine Aufgabe im öffentlichen Interesse",
    "RecordManagement": "um später nachsehen zu können",
    "RecruitmentApplicationManagement": "um Bewerbungen zu bearbeiten",
    "RequestedServiceProvision": "um zu tun, worum Sie gebeten haben",
    "RightsFulfilment": "damit Sie Ihre Rechte ausüben können",
    "ServiceMonitoring": "um zu sehen, ob der Dienst gut läuft",
    "ServicePersonalisation": "um den Dienst auf Sie einzustellen",
    "ServiceProvision": "um den Dienst zu erbringen",
    "ServiceRegistration": "um Sie für Dienst, Seminar oder Probezeit anzumelden",
    "ServiceUsageAnalytics": "um zu verstehen, wie der Dienst genutzt wird",
    "TechnicalServiceProvision": "damit der Dienst technisch funktioniert",
    "UserInterfacePersonalisation": "um Seiten so zu zeigen, wie Sie es mögen",
}

_BASES = {
    "Consent": ("Ihre Einwilligung", "Art. 6 Abs. 1 lit. a DSGVO"),
    "Contract": ("Vertrag", "Art. 6 Abs. 1 lit. b DSGVO"),
    "LegalObligation": ("gesetzliche Pflicht", "Art. 6 Abs. 1 lit. c DSGVO"),
    "PublicInterest": ("Aufgabe im öffentlichen Interesse", "Art. 6 Abs. 1 lit. e DSGVO"),
    "LegitimateInterest": ("berechtigtes Interesse", "Art. 6 Abs. 1 lit. f DSGVO"),
}

_FORMS = {
    "as-is": "vollständig",
    "truncated.ip": "gekürzt: das Ende ist abgeschnitten, sodass sie für eine ganze Nachbarschaft steht",
    "truncated.number": "gekürzt auf das Land und die letzten zwei Ziffern",
    "truncated.text": "gekürzt",
    "pseudonymised": "als Prüfwert mit Schlüssel, der sich nicht zurückrechnen lässt",
    "rotating": "; der Schlüssel wechselt alle {days}",
    "aggregate": "als Zählung, die für niemanden steht",
}

_READERS = {
    "self": "Sie selbst",
    "operator": "der Betreiber",
    "host": "wer zum Treffen eingeladen hat",
    "participants": "alle im Treffen",
    "link-holders": "alle, die den Link haben",
    "group": "wer für eine Gruppe von Konten bezahlt",
    "security": "wer für die Sicherheit zuständig ist, sonst niemand",
}

_TERMS = Terms(
    numbers=(
        "null", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf",
        "zwölf",
    ),
    years=("ein Jahr", "{n} Jahre"),
    months=("einen Monat", "{n} Monate"),
    days=("einen Tag", "{n} Tage"),
    and_=" und ",
    events={
        "collected": EventWords("bis zur Erhebung", "nach der Erhebung", "der Erhebung"),
        "call_end": EventWords("bis der Anruf endet", "nach Ende des Anrufs", "des Anrufs"),
        "meeting_end": EventWords("bis das Treffen endet", "nach Ende des Treffens", "des Treffens"),
        "contract_end": EventWords("bis der Vertrag endet", "nach Ende des Vertrags", "des Vertragsendes"),
        "account_close": EventWords(
            "bis das Konto geschlossen oder gelöscht wird", "nach Schließung des Kontos",
            "der Schließung des Kontos",
        ),
        "invoice_date": EventWords("bis zur Rechnung", "nach dem Datum der Rechnung", "der Rechnung"),
        "last_activity": EventWords(
            "bis zur letzten Anmeldung", "nach der letzten Anmeldung", "der letzten Anmeldung"
        ),
        "consent_withdrawn": EventWords(
            "bis Sie die Einwilligung widerrufen", "nach Ihrem Widerruf", "Ihres Widerrufs"
        ),
        "request_closed": EventWords("bis zur Antwort", "nach der Antwort", "der Antwort"),
        "backup_made": EventWords("bis zur Sicherung", "nach der Sicherung", "der Sicherung"),
    },
    for_span="für {span}",
    after_event="bis {span} {after}",
    full_months="für die letzten {n} vollen Monate",
    month_of="bis zum Ende des Monats {of}",
    month_after="bis zum Ende des Monats, der {span} {after} liegt",
    year_of="bis zum Ende des Kalenderjahres {of}",
    year_next="bis zum Ende des Kalenderjahres, das auf das Jahr {of} folgt",
    years_from="für {span}, gerechnet ab dem Ende des Kalenderjahres {of}",
    year_after="bis zum Ende des Kalenderjahres, das {span} {after} läuft",
    whichever="{terms}, je nachdem, was zuerst eintritt",
    or_=", oder ",
    then="; ",
    in_country="{country}: {terms}",
    elsewhere="sonst: {terms}",
    warned="{span} vorher werden Sie per E-Mail gewarnt",
    no_term="bis es gelöscht wird",
    in_memory={
        "meeting": "nur im Arbeitsspeicher, solange Sie im Treffen sind",
        "call": "nur im Arbeitsspeicher, solange der Anruf dauert",
        "request": "nur im Arbeitsspeicher, für den Augenblick Ihres Besuchs",
        "security": "nur im Arbeitsspeicher, höchstens eine Stunde",
        "other": "nur im Arbeitsspeicher, nie gespeichert",
    },
)  # fmt: skip

WORDS = Words(
    categories=_CATEGORIES,
    purposes=_PURPOSES,
    bases=_BASES,
    forms=_FORMS,
    readers=_READERS,
    terms=_TERMS,
    recipients=RECIPIENTS,
    consents=CONSENTS,
    phrases=PHRASES,
)
