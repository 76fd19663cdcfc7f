"""What tests of callers share: a server with numbers, the host's desk, and the look of everybody's lock."""

from __future__ import annotations

from collections.abc import Iterator

from onmeet.config import detect_addresses
from tests.browser.instance import Instance
from tests.browser.people import Person
from tests.browser.window import by_testid
from tests.running import OnMeetServer

__all__ = ["OPEN", "Desk", "is_closed", "is_open", "phone_server", "room_of"]

PHONE = """
[[trunk]]
name = "main"
host = "127.0.0.1"
transport = "udp"
country = "DE"
[[number]]
number = "+49 30 1234567"
country = "DE"
[[number]]
number = "+33 1 23 45 67 89"
country = "FR"
[dial_out]
trunk = "main"
prefixes = ["+49"]
monthly_cents = 1000
[dial_out.rates]
"+49" = 2
"""

OPEN = (
    "Sound is no longer end-to-end encrypted: the phone gateway of Example Cooperative and the telephone"
    " network can hear everyone. Camera, screen and chat remain end-to-end encrypted."
)


def phone_server() -> Iterator[OnMeetServer]:
    """The real server with a telephone and numbers; its trunk goes nowhere. For a fixture of a module."""
    addresses = ",".join(dict.fromkeys(("127.0.0.1", *detect_addresses())))
    with OnMeetServer(
        ONMEET_SIP="on", ONMEET_PHONE=PHONE, ONMEET_OPERATOR="Example Cooperative", ONMEET_MEDIA_IP=addresses
    ) as server:
        yield server
        complaints = server.complaints()
        assert not complaints, f"{complaints}\n{server.log_text()}"
        report = Instance(server).audit()
        assert report["clean"], f"after all these tests the audit finds: {report['findings']}"


class Desk:
    """What a host does about callers."""

    def __init__(self, host: Person) -> None:
        self.window = host.window
        self.host = host

    def answers(self, who: str = "") -> None:
        """Open the dialog about a caller in the lobby, from the list of people: the first one, or `who`.

        The list comes about once a second: the first one in it may be somebody who has just gone.
        """
        self.host.opens_people()
        row = self.window.until(
            f"""(who) => probe.all('{by_testid("waiting-callers")} .person')
                .find((row) => probe.shown(row) && row.innerText.includes(who))?.dataset.call""",
            who,
            what=f"{who or 'somebody'} among those who wait",
        )
        self.window.click(f'.person[data-call="{row}"] {by_testid("answer")}')
        self.window.until_shown("#caller-dialog")

    def admits(self, name: str = "") -> None:
        """Answer, give a name, let in."""
        self.answers()
        if name:
            self.window.fill(by_testid("caller-name"), name)
        self.window.click(by_testid("admit"))

    def opens(self, name: str) -> None:
        """The dialog about a caller in the meeting."""
        self.host.acts_on(name, "caller")
        self.window.until_shown("#seated-dialog")


def is_open(person: Person) -> None:
    """The lock has changed, the text stands there, and the shield explains."""
    person.window.until(
        "() => document.querySelector('onmeet-room').diagnostics().shield.state === 'open'",
        what=f"{person.name}'s lock to change",
    )
    person.window.until_text(OPEN, by_testid("open-notice"))
    assert person.window.attribute(by_testid("shield"), "data-state") == "open"


def is_closed(person: Person) -> None:
    """The lock is as before."""
    person.window.until(
        "() => document.querySelector('onmeet-room').diagnostics().shield.state === 'secure'",
        what=f"{person.name}'s lock to close",
    )
    person.window.until_gone(by_testid("open-notice"))


def room_of(person: Person) -> str:
    return person.link.partition("/m/")[2].partition("#")[0]
