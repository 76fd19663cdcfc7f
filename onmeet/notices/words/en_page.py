"""The sentences of the notice's pages in English."""

from __future__ import annotations

__all__ = ["CONSENTS", "PHRASES", "RECIPIENTS"]

RECIPIENTS = {
    "hosting provider": "hosting provider",
    "mail provider": "mail provider",
    "payment provider": "payment provider",
    "telephone provider": "telephone provider",
}

CONSENTS = {
    "newsletter": ("Newsletter", "to send you news by e-mail"),
    "seminar": ("Seminars and webinars", "to register you for one"),
    "survey": ("Surveys", "to ask what you think of the service"),
    "statistics": ("Statistics", "to count how the pages are used, without knowing who you are"),
    "trial": ("Trial", "to let you try the service"),
    "subscription": ("Subscription", "to sell you the service"),
    "enquiry": ("Enquiry", "to answer what you ask"),
    "camera": ("Camera", "to pass your picture on to those in the meeting"),
    "microphone": ("Microphone", "to pass your voice on to those in the meeting"),
    "chat": ("Chat", "to pass on what you write to those in the meeting"),
    "telephone": ("Telephone", "to connect your call with the meeting"),
    "recording": ("Recording", "to record a meeting"),
    "demo": ("Demo", "to show you the service"),
    "marketing": ("Offers", "to tell you about our offers"),
    "picture": ("Profile picture", "to show it to others"),
}

PHRASES = {
    "title": "What happens to data here",
    "lead": (
        "This page is made from the very file that the server obeys. What is not on it, the server "
        "cannot store."
    ),
    "version": "Version {version} of {published}",
    "since": "in force since {effective}",
    "from": "in force from {effective}",
    "short": "In short",
    "short.sealed": "Nobody listens in",
    "short.sealed.text": (
        "Sound, picture, screen and chat are encrypted in the browsers of those who take part. The "
        "server passes them on and cannot open them."
    ),
    "short.nothing": "Gone when the call ends",
    "short.nothing.text": (
        "What is needed to connect you is held in memory only and written nowhere. When the meeting "
        "ends, it is gone."
    ),
    "short.stays": "Some data stays after a meeting",
    "short.stays.text": "What you say and show never does. This is kept about the meeting:",
    "short.rest": "each for a time of its own, told below",
    "short.stays.contents": "This is kept:",
    "short.account": "With an account",
    "short.account.text": "Nobody needs an account to join. One that you make holds:",
    "short.cookies": "Only the cookies that are needed",
    "short.cookies.text": "No tracking, no advertising, nothing from other sites.",
    "short.choice": "You choose the cookies",
    "short.choice.text": (
        "Cookies that the pages can do without are set only if you say yes. No is as easy, and you "
        "can change your mind at any time."
    ),
    "short.rights": "It stays your data",
    "short.rights.text": (
        "See it, correct it, take it with you, delete it: at any time, in your account or by a request."
    ),
    "items": "What is held, and until when",
    "items.lead": (
        "Item by item. Anything that is not listed here is not permitted, and the server refuses to store it."
    ),
    "what": "What",
    "why": "Why",
    "until": "Until when",
    "readers": "Who sees it",
    "recipients": "Who gets it",
    "form": "In which form",
    "form.whole": "complete",
    "yes": "yes",
    "no": "no",
    "basis": "Legal basis",
    "nobody": "no person, only the machine",
    "none": "nobody",
    "kind.memory": "in memory",
    "kind.stored": "stored",
    "kind.counted": "counted",
    "note.duty": "The law demands this: it stays until then even if you ask for erasure.",
    "note.nowhere": "Permitted, but nothing in this software collects it yet.",
    "group.meeting": "In a meeting",
    "group.call": "By telephone",
    "group.account": "With an account",
    "group.kept": "Meetings that an account keeps",
    "group.billing": "Paying",
    "group.website": "Visiting and security",
    "group.enquiry": "When you write to us",
    "others": "Who else gets data",
    "others.none": "No other company gets any data.",
    "others.law": "Authorities get data only where a law or a court demands it.",
    "others.sold": "Nothing is sold, nothing goes to advertisers.",
    "others.own": (
        "What a payment provider, a telephone network or your mail provider hold of their own is told "
        "in their notices."
    ),
    "role.processor": "processes data for us",
    "role.recipient": "receives data",
    "contract": "Contract: {contract}",
    "places": "Where data is processed",
    "places.eea": "All processing stays within the European Economic Area.",
    "cookies": "Cookies",
    "cookies.browser": (
        "The secret part of your links, the key that shows that you are the host, and your choices "
        "for camera and microphone stay in your browser's own storage. They are never sent here."
    ),
    "cookie.essential": "needed",
    "cookie.consent": "only if you agree",
    "cookie.session": "until you close the browser",
    "consents": "What you are asked first",
    "consents.lead": (
        "These things are done only if you agree. You can take it back as easily, and nothing else "
        "depends on it."
    ),
    "consent.asked": "You are asked for a clear yes.",
    "consent.used": "You are told before the first use; using it then is your yes.",
    "consent.recorded": "Your answer is kept with its wording and time.",
    "consent.before.camera": "before your camera is used",
    "consent.before.microphone": "before your microphone is used",
    "consent.before.chat": "before your first chat message",
    "consent.before.telephone": "before you call in by telephone",
    "consent.before.registration": "when you register",
    "consent.before": "where it is needed",
    "rights": "Your rights",
    "rights.lead": "They are free of charge. We answer within a month.",
    "right.access": "See it",
    "right.access.text": "Everything that is held about you, with its purpose and its end (GDPR Art. 15).",
    "right.rectification": "Correct it",
    "right.rectification.text": "Change what is wrong, complete what is missing (Art. 16).",
    "right.portability": "Take it with you",
    "right.portability.text": "As one file that people and programs can read (Art. 20).",
    "right.erasure": "Delete it",
    "right.erasure.text": "Single items or everything; what is deleted cannot be brought back (Art. 17).",
    "right.restriction": "Put it on hold",
    "right.restriction.text": "Have it kept but not used, while something is in dispute (Art. 18).",
    "right.objection": "Object",
    "right.objection.text": "To anything that rests on a legitimate interest or on a public task (Art. 21).",
    "right.withdraw": "Take back a consent",
    "right.withdraw.text": "At any time, as easily as you gave it (Art. 7).",
    "right.complaint": "Complain",
    "right.complaint.text": "To an authority for data protection, for instance where you live (Art. 77).",
    "rights.account": "Your data, with an account",
    "rights.request": "Send a request without one",
    "limits": "What nobody can promise",
    "limit.page": (
        "This server also delivers the page that encrypts. Strict browser rules and checksums make it "
        "hard to slip something else in, but for that you trust the operator."
    ),
    "limit.connect": (
        "To connect people the server must know, while a meeting lasts, who is connected, how much "
        "they send and when, and how loud each microphone is."
    ),
    "limit.recording": "Anybody in a meeting can record it with means of their own.",
    "limit.link": "Whoever has the link can come in, unless the host has locked the door.",
    "limit.telephone": (
        "A telephone cannot encrypt to the end. While somebody whom the host let in is in a meeting by "
        "telephone, the phone gateway of this server and the telephone network can hear it, and everybody "
        "there is shown so. Picture, screen and chat stay encrypted."
    ),
    "limit.device": "A device or a password that falls into wrong hands opens what it opened for you.",
    "limit.sites": (
        "Sites that link to a meeting or show it inside their own pages have notices of their own."
    ),
    "law.article": "GDPR Art. {articles}",
    "backups": "Back-ups",
    "backups.text": (
        "What was erased is gone from back-ups, too, after {span} at the latest. Until then it lies "
        "there encrypted, and the key to it is destroyed with the erasure."
    ),
    "children": "Children",
    "children.text": (
        "This service is not meant for children under {age}. Tell us if one has given us data without "
        "permission, and we remove it."
    ),
    "changes": "Changes",
    "changes.text": (
        "A new version is published here at least 14 days before it takes effect. Everybody with an "
        "account is told by e-mail. What it no longer permits is deleted on that day; for what needs "
        "consent we ask anew."
    ),
    "responsible": "Who is responsible",
    "controller": "Responsible",
    "officer": "Data protection officer",
    "authority": "Supervisory authority",
    "unnamed": "Whoever gave you the address of this server: its operator has not entered a name yet.",
    "subject.account": "people with an account",
    "subject.participant": "people in meetings",
    "subject.caller": "people who call by telephone",
    "subject.visitor": "visitors of the website",
    "subject.enquirer": "people who write to us",
    "record": "Record of processing activities",
    "record.lead": (
        "As GDPR Art. 30 asks for it, made from notice {name}, version {version}. It is public: there "
        "is nothing in it that has to be kept secret."
    ),
    "record.subjects": "Whose data",
    "record.data": "Which data",
    "record.time": "Time limits",
    "record.recipients": "Recipients",
    "record.transfers": "Transfers to third countries",
    "record.transfers.none": "None.",
    "record.transfer": "{name}, {country}: {contract}",
    "record.no-contract": "no safeguard named",
    "record.servers": "our servers",
    "record.adequate": "decision of the European Commission that the protection there is adequate (Art. 45)",
    "measures": "Technical and organisational measures",
    "measure.e2ee": (
        "Meetings are end-to-end encrypted in the browser. The server holds no key to them; its phone "
        "gateway gets one to the sound alone, only from the host and only while a caller is in the meeting."
    ),
    "measure.gate": (
        "The notice is enforced below every statement to the database: what it does not permit is "
        "dropped, shortened or hashed before it is written."
    ),
    "measure.sweep": (
        "A sweep deletes what is due, every minute for meetings and every hour for all else, and "
        "counts what it deleted."
    ),
    "measure.keys": (
        "On PostgreSQL and in back-ups personal values are encrypted with a key for each entry; "
        "deleting the entry destroys the key."
    ),
    "measure.passwords": "Passwords are stored as argon2id hashes, sign-in marks as hashes only.",
    "measure.logs": (
        "Logs and metrics take only fields that were declared before; none holds a name, an address "
        "or a content."
    ),
    "measure.pages": (
        "Pages run under a strict content policy, without scripts, pictures or fonts from anywhere else."
    ),
    "measure.audit": (
        "An audit reads every store byte by byte and reports what is held too long or was never declared."
    ),
    "measure.receipts": "After each meeting a signed receipt says what was deleted; anybody can check it.",
}
