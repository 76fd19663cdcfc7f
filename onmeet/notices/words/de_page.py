"""The sentences of the notice's pages in German."""

from __future__ import annotations

__all__ = ["CONSENTS", "PHRASES", "RECIPIENTS"]

RECIPIENTS = {
    "hosting provider": "Rechenzentrum",
    "mail provider": "E-Mail-Anbieter",
    "payment provider": "Zahlungsdienst",
    "telephone provider": "Telefonanbieter",
}

CONSENTS = {
    "newsletter": ("Newsletter", "um Ihnen Neues per E-Mail zu schicken"),
    "seminar": ("Seminare und Webinare", "um Sie dafür anzumelden"),
    "survey": ("Umfragen", "um zu fragen, was Sie vom Dienst halten"),
    "statistics": ("Statistik", "um zu zählen, wie die Seiten benutzt werden, ohne zu wissen, wer Sie sind"),
    "trial": ("Probezeit", "damit Sie den Dienst ausprobieren können"),
    "subscription": ("Abonnement", "um Ihnen den Dienst zu verkaufen"),
    "enquiry": ("Anfrage", "um Ihre Frage zu beantworten"),
    "camera": ("Kamera", "um Ihr Bild an die im Treffen weiterzureichen"),
    "microphone": ("Mikrofon", "um Ihre Stimme an die im Treffen weiterzureichen"),
    "chat": ("Chat", "um weiterzureichen, was Sie schreiben"),
    "telephone": ("Telefon", "um Ihren Anruf mit dem Treffen zu verbinden"),
    "recording": ("Aufnahme", "um ein Treffen aufzunehmen"),
    "demo": ("Vorführung", "um Ihnen den Dienst zu zeigen"),
    "marketing": ("Angebote", "um Ihnen von unseren Angeboten zu erzählen"),
    "picture": ("Profilbild", "um es anderen zu zeigen"),
}

PHRASES = {
    "title": "Was hier mit Daten geschieht",
    "lead": (
        "Diese Seite entsteht aus derselben Datei, der auch der Server gehorcht. Was nicht darin "
        "steht, kann er nicht speichern."
    ),
    "version": "Fassung {version} vom {published}",
    "since": "in Kraft seit {effective}",
    "from": "in Kraft ab {effective}",
    "short": "Kurz gesagt",
    "short.sealed": "Niemand hört mit",
    "short.sealed.text": (
        "Ton, Bild, Bildschirm und Chat werden in den Browsern derer verschlüsselt, die dabei sind. "
        "Der Server reicht sie weiter und kann sie nicht öffnen."
    ),
    "short.nothing": "Weg, wenn das Gespräch endet",
    "short.nothing.text": (
        "Was nötig ist, um Sie zu verbinden, liegt nur im Arbeitsspeicher und wird nirgends "
        "aufgeschrieben. Endet das Treffen, ist es weg."
    ),
    "short.stays": "Einiges bleibt nach einem Treffen",
    "short.stays.text": "Nie das, was Sie sagen und zeigen. Über das Treffen wird aufbewahrt:",
    "short.rest": "jeweils für eine eigene Zeit, siehe unten",
    "short.stays.contents": "Dies wird aufbewahrt:",
    "short.account": "Mit einem Konto",
    "short.account.text": "Zum Teilnehmen braucht niemand eines. Wenn Sie eines anlegen, enthält es:",
    "short.cookies": "Nur Cookies, die nötig sind",
    "short.cookies.text": "Keine Verfolgung, keine Werbung, nichts von fremden Seiten.",
    "short.choice": "Sie wählen die Cookies",
    "short.choice.text": (
        "Cookies, ohne die es auch geht, werden nur gesetzt, wenn Sie zustimmen. Ablehnen ist ebenso "
        "leicht, und Sie können es sich jederzeit anders überlegen."
    ),
    "short.rights": "Es bleiben Ihre Daten",
    "short.rights.text": "Ansehen, berichtigen, mitnehmen, löschen: jederzeit, im Konto oder auf Antrag.",
    "items": "Was aufbewahrt wird und bis wann",
    "items.lead": (
        "Stück für Stück. Was hier nicht steht, ist nicht erlaubt, und der Server weigert sich, es zu "
        "speichern."
    ),
    "what": "Was",
    "why": "Wofür",
    "until": "Bis wann",
    "readers": "Wer es sieht",
    "recipients": "Wer es bekommt",
    "form": "In welcher Form",
    "form.whole": "vollständig",
    "yes": "ja",
    "no": "nein",
    "basis": "Rechtsgrundlage",
    "nobody": "kein Mensch, nur die Maschine",
    "none": "niemand",
    "kind.memory": "im Arbeitsspeicher",
    "kind.stored": "gespeichert",
    "kind.counted": "gezählt",
    "note.duty": "Das Gesetz verlangt es: Es bleibt bis dahin, auch wenn Sie die Löschung verlangen.",
    "note.nowhere": "Erlaubt, aber nichts in dieser Software erhebt es bisher.",
    "group.meeting": "In einem Treffen",
    "group.call": "Per Telefon",
    "group.account": "Mit einem Konto",
    "group.kept": "Treffen, die ein Konto behält",
    "group.billing": "Bezahlen",
    "group.website": "Besuch und Sicherheit",
    "group.enquiry": "Wenn Sie uns schreiben",
    "others": "Wer sonst Daten bekommt",
    "others.none": "Keine andere Firma bekommt Daten.",
    "others.law": "Behörden bekommen Daten nur, wo ein Gesetz oder ein Gericht es verlangt.",
    "others.sold": "Nichts wird verkauft, nichts geht an die Werbung.",
    "others.own": (
        "Was ein Zahlungsdienst, ein Telefonnetz oder Ihr E-Mail-Anbieter selbst aufbewahren, steht "
        "in deren Erklärungen."
    ),
    "role.processor": "verarbeitet in unserem Auftrag",
    "role.recipient": "bekommt Daten",
    "contract": "Vertrag: {contract}",
    "places": "Wo Daten verarbeitet werden",
    "places.eea": "Alle Verarbeitung bleibt im Europäischen Wirtschaftsraum.",
    "cookies": "Cookies",
    "cookies.browser": (
        "Der geheime Teil Ihrer Links, der Schlüssel, der Sie als Gastgeber ausweist, und Ihre Wahl "
        "von Kamera und Mikrofon bleiben im Speicher Ihres Browsers. Sie werden nie hierher gesendet."
    ),
    "cookie.essential": "nötig",
    "cookie.consent": "nur wenn Sie zustimmen",
    "cookie.session": "bis Sie den Browser schließen",
    "consents": "Was wir vorher fragen",
    "consents.lead": (
        "Dies geschieht nur, wenn Sie einwilligen. Sie können es ebenso leicht zurücknehmen, und "
        "nichts anderes hängt daran."
    ),
    "consent.asked": "Wir fragen nach einem klaren Ja.",
    "consent.used": "Wir sagen es vor dem ersten Benutzen; es dann zu benutzen ist Ihr Ja.",
    "consent.recorded": "Ihre Antwort wird mit Wortlaut und Zeit aufbewahrt.",
    "consent.before.camera": "bevor Ihre Kamera benutzt wird",
    "consent.before.microphone": "bevor Ihr Mikrofon benutzt wird",
    "consent.before.chat": "vor Ihrer ersten Chat-Nachricht",
    "consent.before.telephone": "bevor Sie sich per Telefon einwählen",
    "consent.before.registration": "wenn Sie sich anmelden",
    "consent.before": "wo es gebraucht wird",
    "rights": "Ihre Rechte",
    "rights.lead": "Sie kosten nichts. Wir antworten innerhalb eines Monats.",
    "right.access": "Ansehen",
    "right.access.text": "Alles, was über Sie da ist, mit Zweck und Ende (Art. 15 DSGVO).",
    "right.rectification": "Berichtigen",
    "right.rectification.text": "Falsches ändern, Fehlendes ergänzen (Art. 16).",
    "right.portability": "Mitnehmen",
    "right.portability.text": "Als eine Datei, die Menschen und Programme lesen können (Art. 20).",
    "right.erasure": "Löschen",
    "right.erasure.text": "Einzelnes oder alles; was gelöscht ist, lässt sich nicht zurückholen (Art. 17).",
    "right.restriction": "Anhalten",
    "right.restriction.text": (
        "Aufbewahren lassen, aber nicht benutzen, solange etwas strittig ist (Art. 18)."
    ),
    "right.objection": "Widersprechen",
    "right.objection.text": (
        "Allem, was auf einem berechtigten Interesse oder einer öffentlichen Aufgabe beruht (Art. 21)."
    ),
    "right.withdraw": "Einwilligung zurücknehmen",
    "right.withdraw.text": "Jederzeit, so leicht wie sie gegeben wurde (Art. 7).",
    "right.complaint": "Sich beschweren",
    "right.complaint.text": "Bei einer Aufsichtsbehörde, zum Beispiel an Ihrem Wohnort (Art. 77).",
    "rights.account": "Ihre Daten, mit Konto",
    "rights.request": "Antrag ohne Konto stellen",
    "limits": "Was niemand versprechen kann",
    "limit.page": (
        "Dieser Server liefert auch die Seite aus, die verschlüsselt. Strenge Regeln für den Browser "
        "und Prüfsummen machen es schwer, etwas anderes unterzuschieben, aber darin vertrauen Sie dem "
        "Betreiber."
    ),
    "limit.connect": (
        "Um Menschen zu verbinden, muss der Server wissen, solange ein Treffen dauert, wer verbunden "
        "ist, wie viel und wann gesendet wird und wie laut jedes Mikrofon ist."
    ),
    "limit.recording": "Wer in einem Treffen ist, kann es mit eigenen Mitteln aufnehmen.",
    "limit.link": "Wer den Link hat, kommt hinein, solange das Treffen nicht abgeschlossen ist.",
    "limit.telephone": (
        "Ein Telefon kann nicht bis zum Ende verschlüsseln. Solange jemand, den der Gastgeber eingelassen "
        "hat, per Telefon dabei ist, können die Telefonanlage dieses Servers und das Telefonnetz mithören; "
        "das wird allen im Treffen angezeigt. Bild, Bildschirm und Chat bleiben verschlüsselt."
    ),
    "limit.device": "Ein Gerät oder ein Passwort in falschen Händen öffnet dort, was es Ihnen öffnete.",
    "limit.sites": "Seiten, die auf ein Treffen verweisen oder es einbetten, haben eigene Erklärungen.",
    "law.article": "Art. {articles} DSGVO",
    "backups": "Sicherungen",
    "backups.text": (
        "Was gelöscht wurde, ist spätestens {span} danach auch aus den Sicherungen verschwunden. Bis "
        "dahin liegt es dort verschlüsselt, und sein Schlüssel wird mit dem Löschen vernichtet."
    ),
    "children": "Kinder",
    "children.text": (
        "Dieser Dienst richtet sich nicht an Kinder unter {age} Jahren. Sagen Sie uns, wenn eines "
        "ohne Erlaubnis Daten angegeben hat; wir entfernen sie."
    ),
    "changes": "Änderungen",
    "changes.text": (
        "Eine neue Fassung steht hier mindestens 14 Tage, bevor sie gilt. Alle mit Konto erfahren es "
        "per E-Mail. Was sie nicht mehr erlaubt, wird an dem Tag gelöscht; was eine Einwilligung "
        "braucht, fragen wir neu."
    ),
    "responsible": "Wer verantwortlich ist",
    "controller": "Verantwortlich",
    "officer": "Datenschutzbeauftragte Stelle",
    "authority": "Aufsichtsbehörde",
    "unnamed": "Wer Ihnen die Adresse dieses Servers gab: Der Betreiber hat noch keinen Namen eingetragen.",
    "subject.account": "Menschen mit Konto",
    "subject.participant": "Menschen in Treffen",
    "subject.caller": "Menschen, die per Telefon anrufen",
    "subject.visitor": "Besucher der Website",
    "subject.enquirer": "Menschen, die uns schreiben",
    "record": "Verzeichnis von Verarbeitungstätigkeiten",
    "record.lead": (
        "Wie Art. 30 DSGVO es verlangt, erzeugt aus der Datenschutzerklärung {name}, Fassung {version}. "
        "Es ist öffentlich: Nichts darin muss geheim bleiben."
    ),
    "record.subjects": "Wessen Daten",
    "record.data": "Welche Daten",
    "record.time": "Fristen",
    "record.recipients": "Empfänger",
    "record.transfers": "Übermittlung in Drittländer",
    "record.transfers.none": "Keine.",
    "record.transfer": "{name}, {country}: {contract}",
    "record.no-contract": "keine Garantie genannt",
    "record.servers": "unsere Server",
    "record.adequate": "Angemessenheitsbeschluss der Europäischen Kommission (Art. 45)",
    "measures": "Technische und organisatorische Maßnahmen",
    "measure.e2ee": (
        "Treffen sind im Browser Ende-zu-Ende verschlüsselt. Der Server hat keinen Schlüssel dazu; seine "
        "Telefonanlage bekommt einen nur zum Ton, nur vom Gastgeber und nur, solange jemand per Telefon "
        "dabei ist."
    ),
    "measure.gate": (
        "Die Erklärung wird unter jeder Anweisung an die Datenbank durchgesetzt: Was sie nicht erlaubt, "
        "wird vor dem Schreiben verworfen, gekürzt oder zum Prüfwert."
    ),
    "measure.sweep": (
        "Ein Kehraus löscht, was fällig ist, für Treffen jede Minute, für alles andere jede Stunde, "
        "und zählt, was er gelöscht hat."
    ),
    "measure.keys": (
        "In PostgreSQL und in Sicherungen sind persönliche Werte verschlüsselt, mit einem Schlüssel "
        "je Eintrag; Löschen vernichtet den Schlüssel."
    ),
    "measure.passwords": "Passwörter liegen nur als argon2id-Prüfwerte vor, Anmeldungen nur als Prüfwerte.",
    "measure.logs": (
        "Protokolle und Messwerte nehmen nur vorher erklärte Felder auf; keines enthält Namen, "
        "Adressen oder Inhalte."
    ),
    "measure.pages": (
        "Seiten laufen unter strengen Inhaltsregeln, ohne Skripte, Bilder oder Schriften von anderswo."
    ),
    "measure.audit": (
        "Eine Prüfung liest jeden Speicher Byte für Byte und meldet, was zu lange liegt oder nie "
        "erklärt wurde."
    ),
    "measure.receipts": (
        "Nach jedem Treffen sagt eine unterschriebene Quittung, was gelöscht wurde; alle können sie prüfen."
    ),
}
