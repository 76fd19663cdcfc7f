"""The sentences of the notice's pages in French."""

from __future__ import annotations

__all__ = ["CONSENTS", "PHRASES", "RECIPIENTS"]

RECIPIENTS = {
    "hosting provider": "hébergeur",
    "mail provider": "prestataire e-mail",
    "payment provider": "prestataire de paiement",
    "telephone provider": "opérateur téléphonique",
}

CONSENTS = {
    "newsletter": ("Lettre d’information", "pour vous envoyer des nouvelles par e-mail"),
    "seminar": ("Séminaires et webinaires", "pour vous y inscrire"),
    "survey": ("Enquêtes", "pour savoir ce que vous pensez du service"),
    "statistics": ("Statistiques", "pour compter l’usage des pages sans savoir qui vous êtes"),
    "trial": ("Essai", "pour vous laisser essayer le service"),
    "subscription": ("Abonnement", "pour vous vendre le service"),
    "enquiry": ("Demande", "pour répondre à votre question"),
    "camera": ("Caméra", "pour transmettre votre image aux participants"),
    "microphone": ("Micro", "pour transmettre votre voix aux participants"),
    "chat": ("Chat", "pour transmettre ce que vous écrivez"),
    "telephone": ("Téléphone", "pour relier votre appel à la réunion"),
    "recording": ("Enregistrement", "pour enregistrer une réunion"),
    "demo": ("Démonstration", "pour vous montrer le service"),
    "marketing": ("Offres", "pour vous parler de nos offres"),
    "picture": ("Photo de profil", "pour la montrer aux autres"),
}

PHRASES = {
    "title": "Ce que deviennent les données ici",
    "lead": (
        "Cette page est tirée du fichier même auquel le serveur obéit. Ce qui n’y figure pas, il ne "
        "peut pas le stocker."
    ),
    "version": "Version {version} du {published}",
    "since": "en vigueur depuis le {effective}",
    "from": "en vigueur à partir du {effective}",
    "short": "En bref",
    "short.sealed": "Personne n’écoute",
    "short.sealed.text": (
        "Le son, l’image, l’écran et le chat sont chiffrés dans les navigateurs des participants. Le "
        "serveur les transmet sans pouvoir les ouvrir."
    ),
    "short.nothing": "Disparu à la fin de l’appel",
    "short.nothing.text": (
        "Ce qu’il faut pour vous relier reste en mémoire et n’est écrit nulle part. Quand la réunion "
        "se termine, tout a disparu."
    ),
    "short.stays": "Une partie reste après une réunion",
    "short.stays.text": "Jamais ce que vous dites ou montrez. Ceci est conservé sur la réunion :",
    "short.rest": "chacun pour sa propre durée, voir plus bas",
    "short.stays.contents": "Ceci est conservé :",
    "short.account": "Avec un compte",
    "short.account.text": "Personne n’en a besoin pour participer. Si vous en créez un, il contient :",
    "short.cookies": "Seulement les cookies nécessaires",
    "short.cookies.text": "Pas de pistage, pas de publicité, rien qui vienne d’autres sites.",
    "short.choice": "Vous choisissez les cookies",
    "short.choice.text": (
        "Les cookies dont les pages peuvent se passer ne sont posés que si vous dites oui. Refuser "
        "est aussi simple, et vous pouvez changer d’avis à tout moment."
    ),
    "short.rights": "Ce sont vos données",
    "short.rights.text": (
        "Les voir, les corriger, les emporter, les supprimer : à tout moment, dans votre compte ou "
        "sur demande."
    ),
    "items": "Ce qui est conservé, et jusqu’à quand",
    "items.lead": (
        "Point par point. Ce qui n’est pas dans cette liste n’est pas permis, et le serveur refuse de "
        "le stocker."
    ),
    "what": "Quoi",
    "why": "Pourquoi",
    "until": "Jusqu’à quand",
    "readers": "Qui le voit",
    "recipients": "Qui le reçoit",
    "form": "Sous quelle forme",
    "form.whole": "en entier",
    "yes": "oui",
    "no": "non",
    "basis": "Base légale",
    "nobody": "personne, seulement la machine",
    "none": "personne",
    "kind.memory": "en mémoire",
    "kind.stored": "stocké",
    "kind.counted": "compté",
    "note.duty": "La loi l’exige : cela reste jusque-là même si vous demandez l’effacement.",
    "note.nowhere": "Permis, mais rien dans ce logiciel ne le collecte pour l’instant.",
    "group.meeting": "En réunion",
    "group.call": "Par téléphone",
    "group.account": "Avec un compte",
    "group.kept": "Réunions conservées par un compte",
    "group.billing": "Paiement",
    "group.website": "Visite et sécurité",
    "group.enquiry": "Quand vous nous écrivez",
    "others": "Qui d’autre reçoit des données",
    "others.none": "Aucune autre entreprise ne reçoit de données.",
    "others.law": "Les autorités ne reçoivent des données que si une loi ou un tribunal l’exige.",
    "others.sold": "Rien n’est vendu, rien ne va à la publicité.",
    "others.own": (
        "Ce que conservent eux-mêmes un prestataire de paiement, un réseau téléphonique ou votre "
        "messagerie figure dans leurs propres politiques."
    ),
    "role.processor": "sous-traitant, traite des données pour nous",
    "role.recipient": "reçoit des données",
    "contract": "Contrat : {contract}",
    "places": "Où les données sont traitées",
    "places.eea": "Tout le traitement reste dans l’Espace économique européen.",
    "cookies": "Cookies",
    "cookies.browser": (
        "La partie secrète de vos liens, la clé qui montre que vous êtes l’hôte et vos choix de "
        "caméra et de micro restent dans le stockage de votre navigateur. Ils ne sont jamais envoyés "
        "ici."
    ),
    "cookie.essential": "nécessaire",
    "cookie.consent": "seulement si vous acceptez",
    "cookie.session": "jusqu’à la fermeture du navigateur",
    "consents": "Ce que nous demandons d’abord",
    "consents.lead": (
        "Cela n’est fait que si vous y consentez. Vous pouvez le retirer aussi simplement, et rien "
        "d’autre n’en dépend."
    ),
    "consent.asked": "Nous demandons un oui clair.",
    "consent.used": "Nous le disons avant le premier usage ; l’utiliser ensuite vaut oui.",
    "consent.recorded": "Votre réponse est conservée avec son texte et son heure.",
    "consent.before.camera": "avant l’usage de votre caméra",
    "consent.before.microphone": "avant l’usage de votre micro",
    "consent.before.chat": "avant votre premier message",
    "consent.before.telephone": "avant d’appeler par téléphone",
    "consent.before.registration": "à l’inscription",
    "consent.before": "là où c’est nécessaire",
    "rights": "Vos droits",
    "rights.lead": "Ils sont gratuits. Nous répondons dans le mois.",
    "right.access": "Voir",
    "right.access.text": "Tout ce qui est conservé sur vous, avec son but et sa fin (art. 15 RGPD).",
    "right.rectification": "Corriger",
    "right.rectification.text": "Changer ce qui est faux, compléter ce qui manque (art. 16).",
    "right.portability": "Emporter",
    "right.portability.text": "En un fichier lisible par les gens et les programmes (art. 20).",
    "right.erasure": "Supprimer",
    "right.erasure.text": "Un élément ou tout ; ce qui est supprimé ne peut être rétabli (art. 17).",
    "right.restriction": "Limiter",
    "right.restriction.text": "Faire conserver sans utiliser, tant qu’un point est contesté (art. 18).",
    "right.objection": "S’opposer",
    "right.objection.text": "À tout ce qui repose sur un intérêt légitime ou une mission publique (art. 21).",
    "right.withdraw": "Retirer un consentement",
    "right.withdraw.text": "À tout moment, aussi simplement qu’il a été donné (art. 7).",
    "right.complaint": "Réclamer",
    "right.complaint.text": (
        "Auprès d’une autorité de protection des données, par exemple chez vous (art. 77)."
    ),
    "rights.account": "Vos données, avec un compte",
    "rights.request": "Faire une demande sans compte",
    "limits": "Ce que personne ne peut promettre",
    "limit.page": (
        "Ce serveur fournit aussi la page qui chiffre. Des règles strictes du navigateur et des "
        "sommes de contrôle rendent difficile d’y glisser autre chose, mais là-dessus vous faites "
        "confiance à l’exploitant."
    ),
    "limit.connect": (
        "Pour relier les gens, le serveur doit savoir, tant que dure une réunion, qui est connecté, "
        "combien chacun envoie et quand, et le volume de chaque micro."
    ),
    "limit.recording": "Toute personne présente peut enregistrer une réunion par ses propres moyens.",
    "limit.link": "Quiconque a le lien peut entrer, sauf si l’hôte a fermé la porte.",
    "limit.telephone": (
        "Un téléphone ne peut pas chiffrer de bout en bout. Tant que quelqu’un que l’hôte a laissé entrer "
        "participe par téléphone, la passerelle téléphonique de ce serveur et le réseau téléphonique peuvent "
        "entendre la réunion, et tous les présents le voient. L’image, l’écran et le chat restent chiffrés."
    ),
    "limit.device": "Un appareil ou un mot de passe en de mauvaises mains y ouvre ce qu’il vous ouvrait.",
    "limit.sites": (
        "Les sites qui renvoient à une réunion ou l’intègrent dans leurs pages ont leur propre politique."
    ),
    "law.article": "art. {articles} RGPD",
    "backups": "Sauvegardes",
    "backups.text": (
        "Ce qui a été effacé disparaît aussi des sauvegardes, au plus tard après {span}. D’ici là, il "
        "y reste chiffré, et sa clé est détruite avec l’effacement."
    ),
    "children": "Enfants",
    "children.text": (
        "Ce service ne s’adresse pas aux enfants de moins de {age} ans. Dites-nous si l’un d’eux a "
        "donné des données sans autorisation ; nous les retirons."
    ),
    "changes": "Modifications",
    "changes.text": (
        "Une nouvelle version est publiée ici au moins 14 jours avant de prendre effet. Toute "
        "personne ayant un compte est prévenue par e-mail. Ce qu’elle ne permet plus est supprimé ce "
        "jour-là ; pour ce qui demande un consentement, nous redemandons."
    ),
    "responsible": "Qui est responsable",
    "controller": "Responsable du traitement",
    "officer": "Délégué à la protection des données",
    "authority": "Autorité de contrôle",
    "unnamed": (
        "La personne qui vous a donné l’adresse de ce serveur : son exploitant n’a pas encore indiqué de nom."
    ),
    "subject.account": "personnes ayant un compte",
    "subject.participant": "personnes en réunion",
    "subject.caller": "personnes qui appellent par téléphone",
    "subject.visitor": "visiteurs du site",
    "subject.enquirer": "personnes qui nous écrivent",
    "record": "Registre des activités de traitement",
    "record.lead": (
        "Comme l’exige l’art. 30 RGPD, tiré de la politique {name}, version {version}. Il est public : "
        "rien n’y doit rester secret."
    ),
    "record.subjects": "Personnes concernées",
    "record.data": "Quelles données",
    "record.time": "Durées de conservation",
    "record.recipients": "Destinataires",
    "record.transfers": "Transferts vers des pays tiers",
    "record.transfers.none": "Aucun.",
    "record.transfer": "{name}, {country} : {contract}",
    "record.no-contract": "aucune garantie indiquée",
    "record.servers": "nos serveurs",
    "record.adequate": "décision d’adéquation de la Commission européenne (art. 45)",
    "measures": "Mesures techniques et organisationnelles",
    "measure.e2ee": (
        "Les réunions sont chiffrées de bout en bout dans le navigateur. Le serveur n’en a aucune clé ; sa "
        "passerelle téléphonique n’en reçoit une que pour le son, de l’hôte seul, et seulement tant que "
        "quelqu’un participe par téléphone."
    ),
    "measure.gate": (
        "La politique est appliquée sous chaque instruction à la base : ce qu’elle ne permet pas est "
        "écarté, raccourci ou haché avant l’écriture."
    ),
    "measure.sweep": (
        "Un balayage supprime ce qui est échu, chaque minute pour les réunions, chaque heure pour le "
        "reste, et compte ce qu’il a supprimé."
    ),
    "measure.keys": (
        "Dans PostgreSQL et les sauvegardes, les valeurs personnelles sont chiffrées avec une clé par "
        "entrée ; l’effacement détruit la clé."
    ),
    "measure.passwords": (
        "Les mots de passe ne sont stockés qu’en empreintes argon2id, les connexions qu’en empreintes."
    ),
    "measure.logs": (
        "Journaux et mesures ne prennent que des champs déclarés d’avance ; aucun ne contient de nom, "
        "d’adresse ou de contenu."
    ),
    "measure.pages": (
        "Les pages suivent des règles de contenu strictes, sans script, image ni police venant d’ailleurs."
    ),
    "measure.audit": (
        "Un audit lit chaque support octet par octet et signale ce qui est gardé trop longtemps ou "
        "n’a jamais été déclaré."
    ),
    "measure.receipts": (
        "Après chaque réunion, un reçu signé dit ce qui a été supprimé ; chacun peut le vérifier."
    ),
}
