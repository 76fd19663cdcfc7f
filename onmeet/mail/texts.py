"""The sentences of our mails. Plain text; `{words}` in braces are filled in by `render`."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LANGUAGES", "Text", "text"]

LANGUAGES = ("en", "de", "fr")
"""Those in which mails can be written; the first is the fallback."""


@dataclass(frozen=True, slots=True)
class Text:
    """Subject and body of one kind in one language."""

    subject: str
    body: str


_EN = {
    "notice-changed": Text(
        "The privacy notice of {service} changes on {day}",
        """\
Hello,

{service} changes its privacy notice. Version {version} takes effect on {day}.

What changes, item by item:
{changes}

You need not do anything. Where the new notice asks for your consent, we ask you at your next sign-in;
nothing is agreed to by silence. If you do not like the change, you can take your data with you or
delete your account here:
{my_data}
""",
    ),
    "notice-withdrawn": Text(
        "The privacy notice of {service} stays as it is",
        """\
Hello,

we told you that the privacy notice of {service} would change. That change (version {version}) has been
withdrawn. The notice that you know stays in force:
{notice}
""",
    ),
    "inactivity-warning": Text(
        "Your account at {service} will be closed on {day}",
        """\
Hello,

you have not used your account at {service} for a long time. We do not want to keep data that nobody
needs, so the account will be closed on {day}.

If you want to keep it, sign in once before that day:
{sign_in}

If not, there is nothing to do.
""",
    ),
    "account-closed": Text(
        "Your account at {service} is closed",
        """\
Hello,

your account at {service} has been closed. What was kept with it is deleted as the privacy notice says:
{notice}

If this surprises you, please write to the operator of {service}.
""",
    ),
    "email-proof": Text(
        "Please confirm your e-mail address at {service}",
        """\
Hello,

somebody asked {service} to confirm this address, because calls to telephones are made only from accounts
whose owners can be reached. If that was you, sign in and follow this link:
{link}

If it was not you, there is nothing to do.
""",
    ),
    "request-verify": Text(
        "Please confirm your request to {service}",
        """\
Hello,

somebody gave this address with a request about personal data held by {service}. If that was you, please
confirm it here:
{link}

If it was not you, there is nothing to do: without a confirmation the request is deleted.
""",
    ),
    "request-answered": Text(
        "Your request to {service} has been answered",
        """\
Hello,

this is the answer to your request about personal data held by {service}:

{answer}

If you are not content with it, you can complain to a data-protection authority. The notice names the one
in charge:
{notice}
""",
    ),
    "newsletter": Text(
        "{subject}", "{text}\n\n-- \nLeave this newsletter at once, without signing in:\n{leave}\n"
    ),
}

_DE = {
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
    ),
    "notice-withdrawn": Text(
        "Die Datenschutzerklärung von {service} bleibt, wie sie ist",
        """\
Guten Tag,

wir hatten angekündigt, dass sich die Datenschutzerklärung von {service} ändert. Diese Änderung (Fassung
{version}) ist zurückgezogen. Es gilt weiter, was Sie kennen:
{notice}
""",
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
    ),
    "email-proof": Text(
        "Bitte bestätigen Sie Ihre E-Mail-Adresse bei {service}",
        """\
Guten Tag,

jemand hat {service} gebeten, diese Adresse zu bestätigen, weil nur aus Konten telefoniert werden kann,
deren Inhaber erreichbar sind. Wenn Sie das waren, melden Sie sich an und folgen Sie diesem Link:
{link}

Wenn nicht, ist nichts zu tun.
""",
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
}

_FR = {
    "notice-changed": Text(
        "La politique de confidentialité de {service} change le {day}",
        """\
Bonjour,

{service} modifie sa politique de confidentialité. La version {version} s’applique à partir du {day}.

Ce qui change, point par point :
{changes}

Vous n’avez rien à faire. Là où la nouvelle version demande votre consentement, nous vous le demandons à
votre prochaine connexion ; le silence ne vaut pas accord. Si ce changement ne vous convient pas, vous
pouvez emporter vos données ou supprimer votre compte :
{my_data}
""",
    ),
    "notice-withdrawn": Text(
        "La politique de confidentialité de {service} reste inchangée",
        """\
Bonjour,

nous vous avions annoncé une modification de la politique de confidentialité de {service}. Cette
modification (version {version}) est retirée. La version que vous connaissez reste en vigueur :
{notice}
""",
    ),
    "inactivity-warning": Text(
        "Votre compte chez {service} sera fermé le {day}",
        """\
Bonjour,

vous n’avez pas utilisé votre compte chez {service} depuis longtemps. Nous ne voulons pas garder des
données dont personne n’a besoin. Le compte sera donc fermé le {day}.

Si vous souhaitez le garder, connectez-vous une fois avant ce jour :
{sign_in}

Sinon, vous n’avez rien à faire.
""",
    ),
    "account-closed": Text(
        "Votre compte chez {service} est fermé",
        """\
Bonjour,

votre compte chez {service} est fermé. Ce qui y était conservé est effacé comme le dit la politique de
confidentialité :
{notice}

Si cela vous surprend, écrivez à l’exploitant de {service}.
""",
    ),
    "email-proof": Text(
        "Confirmez votre adresse e-mail auprès de {service}",
        """\
Bonjour,

quelqu’un a demandé à {service} de confirmer cette adresse, parce que seuls les comptes dont le titulaire
est joignable peuvent appeler des téléphones. Si c’était vous, connectez-vous et suivez ce lien :
{link}

Sinon, il n’y a rien à faire.
""",
    ),
    "request-verify": Text(
        "Veuillez confirmer votre demande à {service}",
        """\
Bonjour,

quelqu’un a indiqué cette adresse dans une demande sur des données personnelles détenues par {service}.
Si c’était vous, confirmez-la ici :
{link}

Sinon, vous n’avez rien à faire : sans confirmation, la demande est effacée.
""",
    ),
    "request-answered": Text(
        "Votre demande à {service} a reçu une réponse",
        """\
Bonjour,

voici la réponse à votre demande sur des données personnelles détenues par {service} :

{answer}

Si elle ne vous satisfait pas, vous pouvez saisir une autorité de protection des données. La politique de
confidentialité nomme celle qui est compétente :
{notice}
""",
    ),
    "newsletter": Text("{subject}", "{text}\n\n-- \nSe désabonner aussitôt, sans connexion :\n{leave}\n"),
}

_TEXTS = {"en": _EN, "de": _DE, "fr": _FR}


def text(kind: str, language: str) -> Text:
    """The text of a kind in `language`, or in English where we do not speak it."""
    return _TEXTS.get(language, _EN)[kind]
