"""The sentences of our mails in French. Plain text; `{words}` in braces are filled in by `render`."""

from __future__ import annotations

from onmeet.mail.words.wording import Text

__all__ = ["CHANGES", "TEXTS"]

TEXTS = {
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
        "Lire les changements",
    ),
    "notice-withdrawn": Text(
        "La politique de confidentialité de {service} reste inchangée",
        """\
Bonjour,

nous vous avions annoncé une modification de la politique de confidentialité de {service}. Cette
modification (version {version}) est retirée. La version que vous connaissez reste en vigueur :
{notice}
""",
        "Lire la politique",
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
        "Se connecter",
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
        "Lire la politique",
    ),
    "email-proof": Text(
        "Confirmez votre adresse e-mail auprès de {service}",
        """\
Bonjour,

quelqu’un a demandé à {service} de confirmer cette adresse, parce que seuls les comptes dont le titulaire
est joignable peuvent appeler des téléphones. Si c’était vous, connectez-vous et suivez ce lien dans
les trois jours :
{link}

Sinon, il n’y a rien à faire.
""",
        "Confirmer l’adresse",
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
        "Confirmer la demande",
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
    "confirm-address": Text(
        "Veuillez confirmer votre adresse auprès de {service}",
        """\
Bonjour,

quelqu’un crée un compte chez {service} avec cette adresse. Si c’est vous, confirmez-la dans les trois jours :
{link}

Sinon, vous n’avez rien à faire : sans confirmation, tout ce qui s’y rapporte est effacé.
""",
        "Confirmer l’adresse",
    ),
    "address-taken": Text(
        "Vous avez déjà un compte chez {service}",
        """\
Bonjour,

quelqu’un a voulu créer un compte chez {service} avec cette adresse, qui en a déjà un. Rien n’a été
modifié. Si c’était vous, connectez-vous ou choisissez-y un nouveau mot de passe :
{sign_in}

Sinon, vous n’avez rien à faire.
""",
        "Se connecter",
    ),
    "password-reset": Text(
        "Un nouveau mot de passe pour {service}",
        """\
Bonjour,

quelqu’un a demandé à {service} un nouveau mot de passe pour le compte de cette adresse. Si c’était vous,
choisissez-le dans l’heure :
{link}

Sinon, vous n’avez rien à faire : l’ancien mot de passe reste valable.
""",
        "Choisir un nouveau mot de passe",
    ),
    "address-change-new": Text(
        "Veuillez confirmer votre nouvelle adresse auprès de {service}",
        """\
Bonjour,

quelqu’un veut utiliser cette adresse pour un compte chez {service}. Si c’est vous, confirmez-la dans
les trois jours. Le changement doit aussi être confirmé à l’adresse actuelle du compte.
{link}

Sinon, vous n’avez rien à faire : sans confirmation, cette adresse est effacée.
""",
        "Confirmer la nouvelle adresse",
    ),
    "address-change-old": Text(
        "Votre compte chez {service} doit changer d’adresse",
        """\
Bonjour,

quelqu’un qui est connecté à votre compte chez {service} veut lui donner une autre adresse e-mail. Si
c’est vous, donnez votre accord dans les trois jours :
{link}

Sinon, ne suivez pas ce lien. Quelqu’un connaît alors votre mot de passe : changez-le aussitôt et mettez
fin à toutes les autres connexions :
{security}
""",
        "Accepter le changement",
    ),
    "new-sign-in": Text(
        "Quelqu’un s’est connecté à votre compte chez {service}",
        """\
Bonjour,

quelqu’un s’est connecté à votre compte chez {service} avec un navigateur qui n’avait pas encore servi pour ce
compte. Si c’était vous, vous n’avez rien à faire.

Sinon, changez aussitôt votre mot de passe et mettez fin à toutes les autres connexions :
{security}
""",
        "Voir les connexions",
    ),
    "security-changed": Text(
        "Votre compte chez {service} : {what}",
        """\
Bonjour,

ceci a changé dans votre compte chez {service} : {what}.

Si c’était vous, vous n’avez rien à faire. Sinon, demandez un nouveau mot de passe et mettez fin à toutes les
autres connexions :
{security}
""",
        "Voir la sécurité du compte",
    ),
    "payment-failed": Text(
        "Un paiement à {service} a échoué",
        """\
Bonjour,

le dernier paiement de votre offre chez {service} n’a pas abouti. Rien n’est encore coupé : le prestataire de
paiement réessaie dans les prochains jours. Vous pouvez régler cela ici :
{payment}
""",
        "Voir le paiement",
    ),
    "trial-ending": Text(
        "Votre essai chez {service} se termine le {day}",
        """\
Bonjour,

votre essai chez {service} se termine le {day}. Rien n’est prélevé tout seul : si vous ne faites rien,
votre compte continue avec l’offre gratuite. Si vous voulez garder ce que vous avez, abonnez-vous ici :
{payment}
""",
        "Voir les offres",
    ),
}

CHANGES = {
    "password": "le mot de passe a été changé",
    "passkey": "une clé d’accès a été ajoutée",
    "passkey-gone": "une clé d’accès a été retirée",
    "second-factor": "un code d’une application est demandé à la connexion",
    "second-factor-gone": "un code d’une application n’est plus demandé",
    "codes": "de nouveaux codes de secours ont été créés, les anciens ne valent plus",
    "address": "l’adresse e-mail a été changée",
    "sign-on-released": "le lien avec le service de connexion de votre organisation a été supprimé",
}
"""What has changed in an account's security, as a part of a sentence."""
