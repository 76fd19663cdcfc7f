"""The sentences of our mails in German. Plain text; `{words}` in braces are filled in by `render`."""

from __future__ import annotations

from onmeet.mail.words.wording import Text

__all__ = ["CHANGES", "TEXTS"]

TEXTS = {
    "notice-changed": Text(
        "Die Datenschutzerklärung von {service} ändert sich am {day}",
        """\
Guten Tag,

{service} ändert die Datenschutzerklärung. Fassung {version} gilt ab {day}.

Was sich ändert, Punkt für Punkt:
{changes}

Sie müssen nichts tun. Wo die neue Fassung eine Einwilligung braucht, fragen wir Sie bei der nächsten
Anmeldung; Schweigen ist keine Zustimmung. Wenn Ihnen die Änderung nicht gefällt, können Sie Ihre Daten
mitnehmen oder Ihr Konto löschen:
{my_data}
""",
        "Änderungen lesen",
    ),
    "notice-withdrawn": Text(
        "Die Datenschutzerklärung von {service} bleibt, wie sie ist",
        """\
Guten Tag,

wir hatten angekündigt, dass sich die Datenschutzerklärung von {service} ändert. Diese Änderung (Fassung
{version}) ist zurückgezogen. Es gilt weiter, was Sie kennen:
{notice}
""",
        "Erklärung lesen",
    ),
    "inactivity-warning": Text(
        "Ihr Konto bei {service} wird am {day} geschlossen",
        """\
Guten Tag,

Sie haben Ihr Konto bei {service} lange nicht benutzt. Wir wollen keine Daten behalten, die niemand
braucht. Deshalb wird das Konto am {day} geschlossen.

Wenn Sie es behalten möchten, melden Sie sich vorher einmal an:
{sign_in}

Sonst ist nichts zu tun.
""",
        "Anmelden",
    ),
    "account-closed": Text(
        "Ihr Konto bei {service} ist geschlossen",
        """\
Guten Tag,

Ihr Konto bei {service} ist geschlossen. Was dazu gespeichert war, wird gelöscht, wie es die
Datenschutzerklärung sagt:
{notice}

Wenn Sie das überrascht, schreiben Sie bitte dem Betreiber von {service}.
""",
        "Erklärung lesen",
    ),
    "email-proof": Text(
        "Bitte bestätigen Sie Ihre E-Mail-Adresse bei {service}",
        """\
Guten Tag,

jemand hat {service} gebeten, diese Adresse zu bestätigen, weil nur aus Konten telefoniert werden kann,
deren Inhaber erreichbar sind. Wenn Sie das waren, melden Sie sich an und folgen Sie innerhalb
von drei Tagen diesem Link:
{link}

Wenn nicht, ist nichts zu tun.
""",
        "Adresse bestätigen",
    ),
    "request-verify": Text(
        "Bitte bestätigen Sie Ihre Anfrage an {service}",
        """\
Guten Tag,

jemand hat diese Adresse bei einer Anfrage zu personenbezogenen Daten bei {service} angegeben. Wenn Sie
das waren, bestätigen Sie es bitte hier:
{link}

Wenn nicht, ist nichts zu tun: Ohne Bestätigung wird die Anfrage gelöscht.
""",
        "Anfrage bestätigen",
    ),
    "request-answered": Text(
        "Ihre Anfrage an {service} ist beantwortet",
        """\
Guten Tag,

hier ist die Antwort auf Ihre Anfrage zu personenbezogenen Daten bei {service}:

{answer}

Wenn Sie damit nicht zufrieden sind, können Sie sich bei einer Datenschutzbehörde beschweren. Die
zuständige nennt die Datenschutzerklärung:
{notice}
""",
    ),
    "newsletter": Text("{subject}", "{text}\n\n-- \nSofort abbestellen, ohne Anmeldung:\n{leave}\n"),
    "confirm-address": Text(
        "Bitte bestätigen Sie Ihre Adresse bei {service}",
        """\
Guten Tag,

jemand legt bei {service} ein Konto mit dieser Adresse an. Wenn Sie das sind, bestätigen Sie sie bitte
innerhalb von drei Tagen:
{link}

Wenn nicht, ist nichts zu tun: Ohne Bestätigung wird alles dazu gelöscht.
""",
        "Adresse bestätigen",
    ),
    "address-taken": Text(
        "Sie haben schon ein Konto bei {service}",
        """\
Guten Tag,

jemand wollte bei {service} ein Konto mit dieser Adresse anlegen; sie hat schon eines. Geändert wurde
nichts. Wenn Sie das waren, melden Sie sich an oder wählen Sie dort ein neues Passwort:
{sign_in}

Wenn nicht, ist nichts zu tun.
""",
        "Anmelden",
    ),
    "password-reset": Text(
        "Ein neues Passwort für {service}",
        """\
Guten Tag,

jemand hat bei {service} ein neues Passwort für das Konto mit dieser Adresse verlangt. Wenn Sie das
waren, wählen Sie es innerhalb einer Stunde:
{link}

Wenn nicht, ist nichts zu tun: Das alte Passwort gilt weiter.
""",
        "Neues Passwort wählen",
    ),
    "address-change-new": Text(
        "Bitte bestätigen Sie Ihre neue Adresse bei {service}",
        """\
Guten Tag,

jemand möchte diese Adresse für ein Konto bei {service} verwenden. Wenn Sie das sind, bestätigen Sie sie bitte
innerhalb von drei Tagen. Die Änderung muss auch an der bisherigen Adresse des Kontos bestätigt werden.
{link}

Wenn nicht, ist nichts zu tun: Ohne Bestätigung wird diese Adresse gelöscht.
""",
        "Neue Adresse bestätigen",
    ),
    "address-change-old": Text(
        "Ihr Konto bei {service} soll eine andere Adresse bekommen",
        """\
Guten Tag,

jemand, der in Ihrem Konto bei {service} angemeldet ist, möchte ihm eine andere E-Mail-Adresse geben.
Wenn Sie das sind, stimmen Sie bitte innerhalb von drei Tagen zu:
{link}

Wenn nicht, folgen Sie dem Link nicht. Dann kennt jemand Ihr Passwort: Ändern Sie es sofort und beenden
Sie alle anderen Anmeldungen:
{security}
""",
        "Der Änderung zustimmen",
    ),
    "new-sign-in": Text(
        "Jemand hat sich in Ihrem Konto bei {service} angemeldet",
        """\
Guten Tag,

jemand hat sich in Ihrem Konto bei {service} mit einem Browser angemeldet, der dafür noch nicht benutzt
wurde. Wenn Sie das waren, ist nichts zu tun.

Wenn nicht, ändern Sie sofort Ihr Passwort und beenden Sie alle anderen Anmeldungen:
{security}
""",
        "Anmeldungen ansehen",
    ),
    "security-changed": Text(
        "Ihr Konto bei {service}: {what}",
        """\
Guten Tag,

in Ihrem Konto bei {service} hat sich etwas geändert: {what}.

Wenn Sie das waren, ist nichts zu tun. Wenn nicht, verlangen Sie ein neues Passwort und beenden Sie alle
anderen Anmeldungen:
{security}
""",
        "Sicherheit des Kontos ansehen",
    ),
    "payment-failed": Text(
        "Eine Zahlung an {service} ist fehlgeschlagen",
        """\
Guten Tag,

die letzte Zahlung für Ihren Tarif bei {service} konnte nicht abgebucht werden. Noch ist nichts
abgeschaltet: Der Zahlungsdienst versucht es in den nächsten Tagen wieder. Hier können Sie es in Ordnung
bringen:
{payment}
""",
        "Zahlung ansehen",
    ),
    "trial-ending": Text(
        "Ihre Probezeit bei {service} endet am {day}",
        """\
Guten Tag,

Ihre Probezeit bei {service} endet am {day}. Von selbst wird nichts abgebucht: Wenn Sie nichts tun,
läuft Ihr Konto mit dem kostenlosen Tarif weiter. Wenn Sie behalten möchten, was Sie jetzt haben,
schließen Sie hier ein Abonnement ab:
{payment}
""",
        "Tarife ansehen",
    ),
}

CHANGES = {
    "password": "das Passwort wurde geändert",
    "passkey": "ein Passkey kam dazu",
    "passkey-gone": "ein Passkey wurde entfernt",
    "second-factor": "bei der Anmeldung wird ein Code aus einer App verlangt",
    "second-factor-gone": "ein Code aus einer App wird nicht mehr verlangt",
    "codes": "es gibt neue Wiederherstellungscodes, die alten gelten nicht mehr",
    "address": "die E-Mail-Adresse wurde geändert",
    "sign-on-released": "die Bindung an den Anmeldedienst Ihrer Organisation wurde gelöst",
}
"""What has changed in an account's security, as a part of a sentence."""
