"""A notice in French."""

from __future__ import annotations

from onmeet.notices.words.fr_page import CONSENTS, PHRASES, RECIPIENTS
from onmeet.notices.words.shape import EventWords, Terms, Words

__all__ = ["WORDS"]

_CATEGORIES = {
    "account.name": ("Nom", "le nom que porte un compte"),
    "account.email": ("Adresse e-mail", "pour vous connecter et pour vous écrire"),
    "account.phone": ("Numéro de téléphone", "du compte, s’il a été donné"),
    "account.country": ("Pays", "où habite le titulaire du compte, s’il a été donné"),
    "account.password": ("Mot de passe", "sous forme d’empreinte argon2id, illisible"),
    "account.picture": ("Photo de profil", "si vous en avez envoyé une"),
    "account.settings": ("Réglages", "la langue et les choix faits dans le compte"),
    "account.times": ("Jours d’utilisation", "le jour où le compte a été créé et le dernier jour d’usage"),
    "account.sign_in": ("Navigateurs connectés", "quel genre de navigateur, depuis quand, jusqu’à quand"),
    "billing.state": ("État du paiement", "si le prestataire a été payé et s’il vous connaît"),
    "billing.invoice": ("Factures", "numéro, date, montant et adresse ; jamais de données bancaires"),
    "meeting.link": (
        "Code de la réunion",
        "le lien jusqu’au # ; la partie secrète n’arrive jamais ici",
    ),
    "meeting.topic": ("Titre d’une réunion", "tel que saisi par la personne à qui elle appartient"),
    "meeting.description": ("Description d’une réunion", "telle que saisie"),
    "meeting.times": ("Jours et heures d’une réunion", "sa création, ses dates prévues, son début et sa fin"),
    "meeting.participants": ("Noms dans la réunion", "tels que saisis en entrant"),
    "meeting.joins": ("Arrivées et départs", "quand chaque personne est entrée et sortie"),
    "meeting.access_kind": ("Mode d’accès", "par navigateur ou par téléphone"),
    "meeting.ip": ("Adresses réseau en réunion", "l’adresse IP de chaque participant"),
    "meeting.device": ("Appareil", "navigateur et système d’exploitation avec leurs versions"),
    "meeting.quality": ("Qualité de la connexion", "pertes, délais et débits de chaque participant"),
    "meeting.integration": ("Services reliés", "ce qu’un service tiers a fait dans une réunion, et quand"),
    "call.caller_number": ("Numéro appelant", "le numéro ou la ligne d’où vient un appel"),
    "call.callee_number": ("Numéro appelé", "le numéro ou la ligne appelée"),
    "call.times": ("Heures d’un appel", "le début et la fin d’un appel téléphonique"),
    "call.pbx_domain": ("Domaine du central téléphonique", "par lequel l’appel est arrivé"),
    "call.licence_key": ("Clé de licence du central téléphonique", "par lequel l’appel est arrivé"),
    "call.ip": ("Adresse réseau du central téléphonique", "l’adresse IP d’où vient l’appel"),
    "chat.message": (
        "Messages du chat",
        "écrits en réunion ; chiffrés dans le navigateur avant l’envoi",
    ),
    "notes.text": ("Commentaires et notes", "ce qui est écrit ensemble pendant une réunion"),
    "recording.file": (
        "Enregistrements",
        "son ou image d’une réunion, seulement si elle a été enregistrée",
    ),
    "security.ip": (
        "Adresse réseau d’une visite",
        "adresse IP et heure des requêtes, contre les attaques et rien d’autre",
    ),
    "visitor.country": ("Pays d’une visite", "estimé d’après l’adresse IP, pour la devise et le lieu"),
    "usage.aggregate": ("Décomptes d’usage", "combien, quand, avec quel type de navigateur ; jamais qui"),
    "consent.record": ("Consentements", "pour quoi, en quels termes, donnés et retirés quand"),
    "newsletter.address": ("Lettre d’information", "l’adresse e-mail à laquelle elle est envoyée"),
    "contact.request": ("Demandes", "ce que vous nous écrivez et comment vous répondre"),
    "request.subject": ("Demandes sur vos données", "qui a demandé quoi et la réponse donnée"),
    "application.document": ("Candidatures", "les documents que vous envoyez"),
}

_PURPOSES = {
    "AccountManagement": "pour gérer les comptes",
    "CommunicationForCustomerCare": "pour répondre aux demandes et aux réclamations",
    "CommunicationManagement": "pour relier les gens en réunion",
    "CustomerCare": "pour aider les clients",
    "DirectMarketing": "pour vous parler de nos offres",
    "EnforceSecurity": "pour que le service reste sûr",
    "EstablishContractualAgreement": "pour conclure un contrat ou un essai",
    "FulfilmentOfContractualObligation": "pour exécuter le contrat",
    "IdentityAuthentication": "pour vous reconnaître à la connexion",
    "IncreaseServiceRobustness": "pour trouver et réparer les pannes",
    "InternalResourceOptimisation": "pour prévoir la capacité nécessaire",
    "LegalCompliance": "pour respecter la loi",
    "MisusePreventionAndDetection": "pour empêcher et détecter les abus",
    "PaymentManagement": "pour le paiement",
    "PublicBenefit": "pour une mission d’intérêt public",
    "RecordManagement": "pour pouvoir s’y reporter plus tard",
    "RecruitmentApplicationManagement": "pour traiter les candidatures",
    "RequestedServiceProvision": "pour faire ce que vous avez demandé",
    "RightsFulfilment": "pour que vous puissiez exercer vos droits",
    "ServiceMonitoring": "pour voir si le service fonctionne bien",
    "ServicePersonalisation": "pour adapter le service à vos besoins",
    "ServiceProvision": "pour fournir le service",
    "ServiceRegistration": "pour vous inscrire au service, à un séminaire ou à un essai",
    "ServiceUsageAnalytics": "pour comprendre comment le service est utilisé",
    "TechnicalServiceProvision": "pour que le service fonctionne techniquement",
    "UserInterfacePersonalisation": "pour afficher les pages comme vous l’aimez",
}

_BASES = {
    "Consent": ("votre consentement", "art. 6, § 1, a) RGPD"),
    "Contract": ("contrat", "art. 6, § 1, b) RGPD"),
    "LegalObligation": ("obligation légale", "art. 6, § 1, c) RGPD"),
    "PublicInterest": ("mission d’intérêt public", "art. 6, § 1, e) RGPD"),
    "LegitimateInterest": ("intérêt légitime", "art. 6, § 1, f) RGPD"),
}

_FORMS = {
    "as-is": "en entier",
    "truncated.ip": "raccourcie : la fin est coupée, elle désigne donc tout un voisinage",
    "truncated.number": "raccourci au pays et aux deux derniers chiffres",
    "truncated.text": "raccourci",
    "pseudonymised": "sous forme d’empreinte à clé, impossible à inverser",
    "rotating": " ; la clé change au bout de {days}",
    "aggregate": "sous forme de décompte qui ne désigne personne",
}

_READERS = {
    "self": "vous",
    "operator": "l’exploitant",
    "host": "l’hôte de la réunion",
    "participants": "tous les participants",
    "link-holders": "quiconque a le lien",
    "group": "la personne qui paie pour un groupe de comptes",
    "security": "les responsables de la sécurité, personne d’autre",
}

_TERMS = Terms(
    numbers=(
        "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze",
        "douze",
    ),
    years=("un an", "{n} ans"),
    months=("un mois", "{n} mois"),
    days=("un jour", "{n} jours"),
    and_=" et ",
    events={
        "collected": EventWords("jusqu’à la collecte", "après la collecte", "de la collecte"),
        "call_end": EventWords("jusqu’à la fin de l’appel", "après la fin de l’appel", "de l’appel"),
        "meeting_end": EventWords(
            "jusqu’à la fin de la réunion", "après la fin de la réunion", "de la réunion"
        ),
        "contract_end": EventWords(
            "jusqu’à la fin du contrat", "après la fin du contrat", "de la fin du contrat"
        ),
        "account_close": EventWords(
            "jusqu’à la fermeture ou la suppression du compte", "après la fermeture du compte",
            "de la fermeture du compte",
        ),
        "invoice_date": EventWords("jusqu’à la facture", "après la date de la facture", "de la facture"),
        "last_activity": EventWords(
            "jusqu’à la dernière connexion", "après la dernière connexion", "de la dernière connexion"
        ),
        "consent_withdrawn": EventWords(
            "jusqu’au retrait de votre consentement", "après le retrait de votre consentement",
            "du retrait de votre consentement",
        ),
        "request_closed": EventWords("jusqu’à la réponse", "après la réponse", "de la réponse"),
        "backup_made": EventWords("jusqu’à la sauvegarde", "après la sauvegarde", "de la sauvegarde"),
    },
    for_span="pendant {span}",
    after_event="jusqu’à {span} {after}",
    full_months="pour les {n} derniers mois complets",
    month_of="jusqu’à la fin du mois {of}",
    month_after="jusqu’à la fin du mois qui se situe {span} {after}",
    year_of="jusqu’à la fin de l’année civile {of}",
    year_next="jusqu’à la fin de l’année civile qui suit celle {of}",
    years_from="pendant {span}, à compter de la fin de l’année civile {of}",
    year_after="jusqu’à la fin de l’année civile qui se situe {span} {after}",
    whichever="{terms}, selon ce qui arrive en premier",
    or_=", ou ",
    then=" ; ",
    in_country="{country} : {terms}",
    elsewhere="ailleurs : {terms}",
    warned="vous êtes prévenu par e-mail {span} avant",
    no_term="jusqu’à la suppression",
    in_memory={
        "meeting": "seulement en mémoire, tant que vous êtes dans la réunion",
        "call": "seulement en mémoire, tant que dure l’appel",
        "request": "seulement en mémoire, le temps de votre visite",
        "security": "seulement en mémoire, une heure au plus",
        "other": "seulement en mémoire, jamais stocké",
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
