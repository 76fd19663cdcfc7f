"""What every prompt says, in German, English and French: the words that are rendered, and that a recording
should have. `{operator}` is whoever runs this instance; with no name the other words are spoken.

Telephone style: one thing a sentence, the action before the key (`To …, press 1`), Sie and vous, no word that
is hard to tell from another on a bad line (German `zwo`). Hosts are not named, so that no gender is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

from sip.ivr.steps import Prompt

__all__ = ["RESPELLED", "TEXTS", "Words", "is_named", "text"]


@dataclass(frozen=True, slots=True)
class Words:
    """German, English, French."""

    de: str
    en: str
    fr: str

    def of(self, language: str) -> str:
        """The words in one language, English for one that there is not."""
        return {"de": self.de, "fr": self.fr}.get(language, self.en)


def text(prompt: Prompt, language: str, operator: str = "") -> str:
    """What a prompt says; with the operator's name where it has a place for one. The chime says nothing."""
    named = _NAMED.get(prompt)
    if named is not None and operator:
        return named.of(language).format(operator=operator)
    return TEXTS[prompt].of(language) if prompt in TEXTS else ""


def is_named(prompt: Prompt) -> bool:
    """Whether the operator's name is spoken in it."""
    return prompt in _NAMED


TEXTS: dict[Prompt, Words] = {
    Prompt.CHOOSE_1: Words(
        "Für Deutsch drücken Sie die Eins.",
        "For English, press one.",
        "Pour le français, tapez un.",
    ),
    Prompt.CHOOSE_2: Words(
        "Für Deutsch drücken Sie die Zwei.",
        "For English, press two.",
        "Pour le français, tapez deux.",
    ),
    Prompt.CHOOSE_3: Words(
        "Für Deutsch drücken Sie die Drei.",
        "For English, press three.",
        "Pour le français, tapez trois.",
    ),
    Prompt.GREETING: Words(
        "Willkommen zu Ihrem Meeting.",
        "Welcome to your meeting.",
        "Bienvenue dans votre réunion.",
    ),
    Prompt.CALLED: Words(
        "Guten Tag. Sie werden aus einem Meeting angerufen. Um teilzunehmen, drücken Sie die Eins. "
        "Wenn Sie nicht teilnehmen möchten, legen Sie bitte auf.",
        "Hello. You are being called from a meeting. To join, press one. "
        "If you do not want to join, please hang up.",
        "Bonjour. On vous appelle depuis une réunion. Pour y participer, tapez un. "
        "Si vous ne souhaitez pas y participer, veuillez raccrocher.",
    ),
    Prompt.NOTICE_VOICE: Words(
        "Zum Datenschutz: Damit Sie per Telefon teilnehmen können, entschlüsselt diese Telefonanlage "
        "den Ton, "
        "und das Telefonnetz überträgt ihn unverschlüsselt.",
        "About your privacy: so that you can take part by telephone, this telephone system decrypts "
        "the sound, "
        "and the telephone network carries it unencrypted.",
        "Protection de vos données : pour que vous puissiez participer par téléphone, ce système "
        "téléphonique "
        "déchiffre le son, et le réseau téléphonique le transmet sans chiffrement.",
    ),
    Prompt.NOTICE_NO_RECORDING: Words(
        "Es wird nichts aufgezeichnet.",
        "Nothing is recorded.",
        "Rien n'est enregistré.",
    ),
    Prompt.NOTICE_RECORDING: Words(
        "Ihre Stimme wird nur gespeichert, wenn das Meeting aufgezeichnet wird.",
        "Your voice is stored only if the meeting is recorded.",
        "Votre voix n'est conservée que si la réunion est enregistrée.",
    ),
    Prompt.NOTICE_NOTHING: Words(
        "Ihre Rufnummer wird im Meeting nur gekürzt angezeigt und gelöscht, sobald Sie auflegen.",
        "Your number is shown in the meeting in shortened form only, and is deleted when you hang up.",
        "Votre numéro n'est affiché dans la réunion que sous forme abrégée, et il est effacé dès que vous "
        "raccrochez.",
    ),
    Prompt.NOTICE_NUMBER: Words(
        "Ihre Rufnummer wird im Meeting nur gekürzt angezeigt. Die Rufnummer und technische Angaben zu Ihrem "
        "Anruf werden so lange gespeichert, wie es die Datenschutzerklärung dieses Dienstes sagt.",
        "Your number is shown in the meeting in shortened form only. The number and technical "
        "details of your "
        "call are kept as long as the privacy notice of this service says.",
        "Votre numéro n'est affiché dans la réunion que sous forme abrégée. Le numéro et les données "
        "techniques "
        "de votre appel sont conservés aussi longtemps que l'indique la déclaration de confidentialité de ce "
        "service.",
    ),
    Prompt.NOTICE_TIMES: Words(
        "Ihre Rufnummer wird im Meeting nur gekürzt angezeigt. Die Rufnummer, Beginn und Ende Ihres "
        "Anrufs und "
        "technische Angaben dazu werden so lange gespeichert, wie es die Datenschutzerklärung dieses "
        "Dienstes "
        "sagt.",
        "Your number is shown in the meeting in shortened form only. The number, the times and technical "
        "details of your call are kept as long as the privacy notice of this service says.",
        "Votre numéro n'est affiché dans la réunion que sous forme abrégée. Le numéro, les heures et "
        "les données "
        "techniques de votre appel sont conservés aussi longtemps que l'indique la déclaration de "
        "confidentialité de ce service.",
    ),
    Prompt.AGREE: Words(
        "Wenn Sie damit einverstanden sind, drücken Sie die Eins. Wenn nicht, legen Sie bitte auf.",
        "If you agree to this, press one. If not, please hang up.",
        "Si vous acceptez, tapez un. Sinon, veuillez raccrocher.",
    ),
    Prompt.PIN: Words(
        "Bitte geben Sie die Meeting-PIN ein, gefolgt von der Raute-Taste.",
        "Please enter the meeting PIN, followed by the hash or pound key.",
        "Veuillez saisir le code PIN de la réunion, suivi de la touche dièse.",
    ),
    Prompt.PIN_SHORT: Words(
        "Diese PIN ist zu kurz. Sie hat mindestens sechs Ziffern.",
        "This PIN is too short. It has at least six digits.",
        "Ce code PIN est trop court. Il comporte au moins six chiffres.",
    ),
    Prompt.PIN_WRONG: Words(
        "Zu dieser PIN gibt es zurzeit kein Meeting.",
        "There is no meeting with this PIN at the moment.",
        "Aucune réunion ne correspond à ce code PIN pour le moment.",
    ),
    Prompt.PIN_CLEARED: Words(
        "Ihre Eingabe ist gelöscht.",
        "Your entry has been cleared.",
        "Votre saisie est effacée.",
    ),
    Prompt.NOTHING_HEARD: Words(
        "Es ist keine Eingabe angekommen.",
        "We did not receive any digits.",
        "Aucune saisie n'a été reçue.",
    ),
    Prompt.MOMENT: Words(
        "Einen Moment bitte.",
        "One moment, please.",
        "Un instant, s'il vous plaît.",
    ),
    Prompt.CONNECTING: Words(
        "Vielen Dank. Sie werden verbunden.",
        "Thank you. You are being connected.",
        "Merci. Nous vous mettons en relation.",
    ),
    Prompt.TOO_MANY: Words(
        "Es wurden zu viele falsche PINs eingegeben. Bitte versuchen Sie es später noch einmal.",
        "Too many wrong PINs were entered. Please try again later.",
        "Trop de codes PIN erronés ont été saisis. Veuillez réessayer plus tard.",
    ),
    Prompt.TROUBLE: Words(
        "Leider ist ein technischer Fehler aufgetreten. Bitte rufen Sie noch einmal an.",
        "Sorry, something went wrong. Please call again.",
        "Malheureusement, un problème technique est survenu. Veuillez rappeler.",
    ),
    Prompt.BUSY: Words(
        "Zurzeit sind alle Leitungen belegt. Bitte rufen Sie in einigen Minuten noch einmal an.",
        "All lines are busy at the moment. Please call again in a few minutes.",
        "Toutes les lignes sont occupées pour le moment. Veuillez rappeler dans quelques minutes.",
    ),
    Prompt.GOODBYE: Words("Auf Wiederhören.", "Goodbye.", "Au revoir."),
    Prompt.NOT_BEGUN: Words(
        "Das Meeting hat noch nicht begonnen. Bitte bleiben Sie am Apparat.",
        "The meeting has not started yet. Please stay on the line.",
        "La réunion n'a pas encore commencé. Veuillez rester en ligne.",
    ),
    Prompt.NO_HOST: Words(
        "Im Meeting ist noch niemand, der Sie einlassen kann. Bitte bleiben Sie am Apparat.",
        "There is nobody in the meeting yet who can let you in. Please stay on the line.",
        "Il n'y a encore personne dans la réunion qui puisse vous faire entrer. Veuillez rester en ligne.",
    ),
    Prompt.LOBBY: Words(
        "Sie sind jetzt im Warteraum. Ihr Anruf wird im Meeting angezeigt. "
        "Bitte warten Sie, bis Sie eingelassen werden.",
        "You are now in the waiting room. Your call is shown in the meeting. "
        "Please wait until you are let in.",
        "Vous êtes maintenant en salle d'attente. Votre appel est signalé dans la réunion. "
        "Veuillez patienter jusqu'à ce que l'on vous fasse entrer.",
    ),
    Prompt.WAITING: Words(
        "Sie sind noch im Warteraum. Danke für Ihre Geduld.",
        "You are still in the waiting room. Thank you for your patience.",
        "Vous êtes toujours en salle d'attente. Merci de votre patience.",
    ),
    Prompt.CODE: Words(
        "Wenn man Sie im Meeting nach Ihrem Code fragt, nennen Sie bitte diese sechs Ziffern:",
        "If you are asked for your code in the meeting, please say these six digits:",
        "Si l'on vous demande votre code dans la réunion, veuillez dire ces six chiffres :",
    ),
    Prompt.AGAIN: Words("Ich wiederhole:", "Once again:", "Je répète :"),
    Prompt.WAITED: Words(
        "Leider hat Sie niemand eingelassen. Bitte rufen Sie später noch einmal an.",
        "Sorry, nobody has let you in. Please call again later.",
        "Malheureusement, personne ne vous a fait entrer. Veuillez rappeler plus tard.",
    ),
    Prompt.SECURING: Words(
        "Sie wurden eingelassen. Einen Moment bitte, der Ton wird noch freigeschaltet.",
        "You have been let in. One moment, please: the sound is being set up.",
        "On vous a fait entrer. Un instant, s'il vous plaît : le son est en cours d'activation.",
    ),
    Prompt.JOINED: Words(
        "Sie sind jetzt im Meeting.",
        "You are now in the meeting.",
        "Vous êtes maintenant dans la réunion.",
    ),
    Prompt.AUDIBLE: Words(
        "Man kann Sie gleich hören. Für Hilfe drücken Sie Stern Null.",
        "You can be heard in a moment. For help, press star zero.",
        "On pourra vous entendre dans un instant. Pour obtenir de l'aide, tapez étoile zéro.",
    ),
    Prompt.MUTED: Words(
        "Sie sind jetzt stummgeschaltet.",
        "You are now muted.",
        "Votre micro est coupé.",
    ),
    Prompt.UNMUTED: Words(
        "Man kann Sie jetzt wieder hören.",
        "You can be heard again.",
        "On vous entend de nouveau.",
    ),
    Prompt.MUTED_BY_HOST: Words(
        "Sie wurden im Meeting stummgeschaltet. Um wieder zu sprechen, drücken Sie Stern Sechs.",
        "You have been muted in the meeting. To speak again, press star six.",
        "Votre micro a été coupé dans la réunion. Pour reprendre la parole, tapez étoile six.",
    ),
    Prompt.HAND_UP: Words("Sie haben die Hand gehoben.", "Your hand is raised.", "Votre main est levée."),
    Prompt.HAND_DOWN: Words(
        "Ihre Hand ist wieder unten.",
        "Your hand is down again.",
        "Votre main est baissée.",
    ),
    Prompt.HELP: Words(
        "Um Ihr Mikrofon aus- oder einzuschalten, drücken Sie Stern Sechs. "
        "Um die Hand zu heben oder zu senken, Stern Neun. "
        "Für den Datenschutzhinweis, Stern Drei. Für diese Hilfe, Stern Null.",
        "To mute or unmute your microphone, press star six. "
        "To raise or lower your hand, star nine. "
        "For the privacy notice, star three. For this help, star zero.",
        "Pour couper ou rétablir votre micro, tapez étoile six. "
        "Pour lever ou baisser la main, étoile neuf. "
        "Pour les informations sur vos données, étoile trois. Pour cette aide, étoile zéro.",
    ),
    Prompt.HELP_LOBBY: Words(
        "Sie sind im Warteraum. Für den Datenschutzhinweis drücken Sie Stern Drei. "
        "Wenn Sie nicht länger warten möchten, legen Sie einfach auf.",
        "You are in the waiting room. For the privacy notice, press star three. "
        "If you do not want to wait any longer, just hang up.",
        "Vous êtes en salle d'attente. Pour les informations sur vos données, tapez étoile trois. "
        "Si vous ne souhaitez plus attendre, il vous suffit de raccrocher.",
    ),
    Prompt.UNKNOWN_KEY: Words(
        "Diese Taste hat keine Funktion. Für Hilfe drücken Sie Stern Null.",
        "This key does nothing. For help, press star zero.",
        "Cette touche n'a pas de fonction. Pour obtenir de l'aide, tapez étoile zéro.",
    ),
    Prompt.NOT_YET: Words(
        "Das geht erst, wenn Sie im Meeting sind.",
        "You can do this once you are in the meeting.",
        "Vous pourrez le faire une fois dans la réunion.",
    ),
    Prompt.ALONE: Words(
        "Sie sind zurzeit allein im Meeting.",
        "You are alone in the meeting at the moment.",
        "Il n'y a personne d'autre dans la réunion pour le moment.",
    ),
    Prompt.HELD: Words(
        "Man kann Sie im Meeting zurzeit nicht hören.",
        "You cannot be heard in the meeting at the moment.",
        "On ne vous entend pas dans la réunion pour le moment.",
    ),
    Prompt.REJECTED: Words(
        "Sie wurden leider nicht eingelassen.",
        "Sorry, you were not let in.",
        "Malheureusement, on ne vous a pas fait entrer.",
    ),
    Prompt.REMOVED: Words(
        "Ihre Teilnahme am Meeting wurde beendet.",
        "You have been removed from the meeting.",
        "On a mis fin à votre participation à la réunion.",
    ),
    Prompt.ENDED: Words(
        "Das Meeting ist beendet.",
        "The meeting has ended.",
        "La réunion est terminée.",
    ),
    Prompt.LIMIT: Words(
        "Die längste mögliche Gesprächszeit ist erreicht.",
        "This call has reached its time limit.",
        "La durée maximale de cet appel est atteinte.",
    ),
    Prompt.FULL: Words(
        "Das Meeting ist leider voll.",
        "Sorry, the meeting is full.",
        "Malheureusement, la réunion est complète.",
    ),
    Prompt.LOST: Words(
        "Die Verbindung zum Meeting ist abgebrochen. Bitte rufen Sie noch einmal an.",
        "The connection to the meeting was lost. Please call again.",
        "La connexion à la réunion a été perdue. Veuillez rappeler.",
    ),
    Prompt.DIGIT_0: Words("null", "zero", "zéro"),
    Prompt.DIGIT_1: Words("eins", "one", "un"),
    Prompt.DIGIT_2: Words("zwo", "two", "deux"),
    Prompt.DIGIT_3: Words("drei", "three", "trois"),
    Prompt.DIGIT_4: Words("vier", "four", "quatre"),
    Prompt.DIGIT_5: Words("fünf", "five", "cinq"),
    Prompt.DIGIT_6: Words("sechs", "six", "six"),
    Prompt.DIGIT_7: Words("sieben", "seven", "sept"),
    Prompt.DIGIT_8: Words("acht", "eight", "huit"),
    Prompt.DIGIT_9: Words("neun", "nine", "neuf"),
}


def _with_name(prompt: Prompt) -> Words:
    """The words of a notice with the operator in place of `this service`."""
    words = TEXTS[prompt]
    return Words(
        words.de.replace("dieses Dienstes", "von {operator}"),
        words.en.replace("this service", "{operator}"),
        words.fr.replace("ce service", "{operator}"),
    )


_NAMED: dict[Prompt, Words] = {
    Prompt.GREETING: Words(
        "Willkommen bei {operator}.",
        "Welcome to {operator}.",
        "Bienvenue chez {operator}.",
    ),
    Prompt.CALLED: Words(
        "Guten Tag. Sie werden aus einem Meeting bei {operator} angerufen. Um teilzunehmen, drücken Sie die "
        "Eins. Wenn Sie nicht teilnehmen möchten, legen Sie bitte auf.",
        "Hello. You are being called from a meeting at {operator}. To join, press one. "
        "If you do not want to join, please hang up.",
        "Bonjour. On vous appelle depuis une réunion chez {operator}. Pour y participer, tapez un. "
        "Si vous ne souhaitez pas y participer, veuillez raccrocher.",
    ),
    Prompt.NOTICE_NUMBER: _with_name(Prompt.NOTICE_NUMBER),
    Prompt.NOTICE_TIMES: _with_name(Prompt.NOTICE_TIMES),
}

RESPELLED: dict[str, dict[str, str]] = {
    "de": {"PINs": "Pins", "PIN": "Pin"},
    "en": {"PINs": "pins", "PIN": "pin"},
    "fr": {"PIN": "pine"},
}
"""What a speech synthesiser reads wrongly, and how it has to be written for it."""
