"""The sentences of our mails in English. Plain text; `{words}` in braces are filled in by `render`."""

from __future__ import annotations

from onmeet.mail.words.wording import Text

__all__ = ["CHANGES", "TEXTS"]

TEXTS = {
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
        "Read the changes",
    ),
    "notice-withdrawn": Text(
        "The privacy notice of {service} stays as it is",
        """\
Hello,

we told you that the privacy notice of {service} would change. That change (version {version}) has been
withdrawn. The notice that you know stays in force:
{notice}
""",
        "Read the notice",
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
        "Sign in",
    ),
    "account-closed": Text(
        "Your account at {service} is closed",
        """\
Hello,

your account at {service} has been closed. What was kept with it is deleted as the privacy notice says:
{notice}

If this surprises you, please write to the operator of {service}.
""",
        "Read the notice",
    ),
    "email-proof": Text(
        "Please confirm your e-mail address at {service}",
        """\
Hello,

somebody asked {service} to confirm this address, because calls to telephones are made only from accounts
whose owners can be reached. If that was you, sign in and follow this link within three days:
{link}

If it was not you, there is nothing to do.
""",
        "Confirm the address",
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
        "Confirm the request",
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
    "confirm-address": Text(
        "Please confirm your address at {service}",
        """\
Hello,

somebody is making an account at {service} with this address. If that was you, please confirm it within three
days:
{link}

If it was not you, there is nothing to do: without a confirmation everything about it is deleted.
""",
        "Confirm the address",
    ),
    "address-taken": Text(
        "You have an account at {service} already",
        """\
Hello,

somebody wanted to make an account at {service} with this address, which has one. Nothing was changed. If that
was you, sign in, or choose a new password there:
{sign_in}

If it was not you, there is nothing to do.
""",
        "Sign in",
    ),
    "password-reset": Text(
        "A new password for {service}",
        """\
Hello,

somebody asked {service} for a new password for the account with this address. If that was you, choose it
within one hour:
{link}

If it was not you, there is nothing to do: the old password goes on working.
""",
        "Choose a new password",
    ),
    "address-change-new": Text(
        "Please confirm your new address at {service}",
        """\
Hello,

somebody wants to use this address for an account at {service}. If that was you, please confirm it
within three days. The change also needs a confirmation at the address that the account has now.
{link}

If it was not you, there is nothing to do: without a confirmation this address is deleted.
""",
        "Confirm the new address",
    ),
    "address-change-old": Text(
        "Your account at {service} is to get another address",
        """\
Hello,

somebody who is signed in to your account at {service} wants to give it another e-mail address. If that
was you, please agree within three days:
{link}

If it was not you, do not follow the link. Somebody else knows your password then: change it at once,
and end all other sign-ins:
{security}
""",
        "Agree to the change",
    ),
    "new-sign-in": Text(
        "Somebody signed in to your account at {service}",
        """\
Hello,

somebody signed in to your account at {service} from a browser that had not been used for it before. If
that was you, there is nothing to do.

If it was not you, change your password at once, and end all other sign-ins:
{security}
""",
        "Look at the sign-ins",
    ),
    "security-changed": Text(
        "Your account at {service}: {what}",
        """\
Hello,

this has changed in your account at {service}: {what}.

If that was you, there is nothing to do. If it was not you, ask for a new password and end all other sign-ins:
{security}
""",
        "Look at the account's security",
    ),
    "payment-failed": Text(
        "A payment to {service} failed",
        """\
Hello,

the last payment for your plan at {service} did not go through. Nothing is switched off yet: the payment
provider tries again during the next days. You can put it right here:
{payment}
""",
        "Look at the payment",
    ),
    "trial-ending": Text(
        "Your trial at {service} ends on {day}",
        """\
Hello,

your trial at {service} ends on {day}. Nothing is charged by itself: if you do nothing, your account
goes on with the free plan. If you want to keep what you have now, subscribe here:
{payment}
""",
        "Look at the plans",
    ),
}

CHANGES = {
    "password": "the password was changed",
    "passkey": "a passkey was added",
    "passkey-gone": "a passkey was removed",
    "second-factor": "codes from an app are asked for at sign-in",
    "second-factor-gone": "codes from an app are no longer asked for",
    "codes": "new recovery codes were made, the old ones are void",
    "address": "the e-mail address was changed",
    "sign-on-released": "the tie to your organisation’s sign-in service was released",
}
"""What has changed in an account's security, as a part of a sentence."""
