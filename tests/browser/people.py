"""Page objects that read as sentences: what somebody in a meeting does, sees and hears.

anna = start_meeting(chromium.window(), server.base_url, "Anna")
ben = enter(firefox.window(), anna.link, "Ben")
anna.sees(1); ben.hears(1); ben.says("Hello"); anna.reads("Hello")
"""

from __future__ import annotations

from typing import Any

from tests.browser.window import WAIT_SECONDS, Window, by_testid

MEET_SECONDS = 45.0
"""How long connections, keys and first pictures may take on a busy machine with two cores."""


class PreJoin:
    """The meeting page before somebody has entered."""

    def __init__(self, window: Window) -> None:
        self.window = window
        window.until_shown(by_testid("prejoin-name"), within=MEET_SECONDS)

    @classmethod
    def at(cls, window: Window, link: str) -> PreJoin:
        """Open a link."""
        window.open(link)
        return cls(window)

    def tries(self, name: str) -> Person:
        """Give a name and press *Join*, whatever comes of it."""
        # the script puts in the name of the last time, which would come between two of our keys
        self.window.until_shown(f"{by_testid('prejoin-join')}:enabled", within=MEET_SECONDS)
        self.window.fill(by_testid("prejoin-name"), name)
        self.window.click(by_testid("prejoin-join"))
        return Person(self.window, name)

    def is_turned_away(self, name: str, why: str) -> None:
        """Try to enter and land on the page that says why not."""
        self.tries(name).is_out(why)

    def is_told_to_wait(self) -> None:
        """The button says that the way in is being tried."""
        self.window.until_text("Going in", by_testid("prejoin-join"))

    def sees_oneself(self) -> None:
        """The camera preview moves."""
        self.window.until("() => probe.pictures().some((p) => p.frames > 2)", what="the preview to move")

    def join(self, name: str) -> Person:
        """Give a name and enter."""
        return self.tries(name).entered()


class Person:
    """Somebody in a meeting, at their window."""

    def __init__(self, window: Window, name: str) -> None:
        self.window = window
        self.name = name
        self.link = window.url

    # coming and going

    def entered(self) -> Person:
        """Wait until the room shows its controls."""
        self.window.until_shown(by_testid("leave"), within=MEET_SECONDS)
        return self

    def leave(self) -> None:
        """Leave by the button, and see the page after the meeting."""
        self.window.click(by_testid("leave"))
        # a host is asked, unless the last of the others has gone meanwhile
        asked = self.window.until(
            """() => location.pathname.endsWith('/left') ? 'no'
                : probe.all('#leave-dialog').some(probe.shown) && 'yes'""",
            what=f"{self.name} to be asked, or out",
        )
        if asked == "yes":
            self.chooses_to_leave_only()
        self.is_out("left")

    def chooses_to_leave_only(self) -> None:
        """Answer the host's question after *Leave*."""
        self.window.click(by_testid("leave-only"))

    def ends_for_everyone(self) -> None:
        """The host's other way to leave."""
        self.window.click(by_testid("leave"))
        self.window.click(by_testid("end-for-all"))

    def is_out(self, why: str) -> None:
        """Wait for the page after the meeting, reached for that reason."""
        self.window.until(
            "(why) => location.pathname.endsWith('/left') && location.search.includes(why)",
            why,
            what=f"the page after the meeting, because: {why}",
        )

    # seeing and hearing

    def sees(self, others: int, *, within: float = MEET_SECONDS) -> None:
        """Exactly that many moving camera pictures of other people."""
        self.window.until(
            """async (others) => {
                const look = () => new Map(probe.pictures().filter((p) => !p.own && p.source !== 'screen')
                    .map((p) => [p.index, p.frames]));
                const before = look();
                await new Promise((done) => setTimeout(done, 700));
                const moving = [...look()].filter(([index, frames]) => frames > (before.get(index) ?? 1e9));
                return moving.length === others && before.size === others;
            }""",
            others,
            what=f"{self.name} to see {others} moving pictures",
            within=within,
        )

    def sees_a_screen(self, *, within: float = MEET_SECONDS) -> None:
        """Somebody's shared screen moves, or has at least been shown."""
        self.window.until(
            "() => probe.pictures().some((p) => p.source === 'screen' && !p.own && p.frames > 0)",
            what=f"{self.name} to see a shared screen",
            within=within,
        )

    def sees_no_screen(self) -> None:
        """No shared screen is shown any more."""
        self.window.until(
            "() => probe.pictures().every((p) => p.source !== 'screen')",
            what=f"{self.name} to see no shared screen",
        )

    def hears(self, others: int, *, within: float = MEET_SECONDS) -> None:
        """Exactly that many sounds with energy in them are played aloud."""
        self.window.until(
            """async (others) => {
                const before = new Map((await probe.sounds()).map((s) => [s.mid, s.energy]));
                await new Promise((done) => setTimeout(done, 1100));
                const heard = (await probe.sounds())
                    .filter((s) => s.aloud && s.energy - (before.get(s.mid) ?? 1e9) > 1e-6);
                return heard.length === others;
            }""",
            others,
            what=f"{self.name} to hear {others} sounds",
            within=within,
        )

    def names_on_tiles(self) -> list[str]:
        """The names that the tiles show, in the order of the page."""
        found: list[str] = self.window.evaluate(
            "() => probe.all('[data-testid=tile]').filter(probe.shown).map((t) => t.innerText.trim())"
        )
        return found

    def first_picture(self) -> float:
        """Milliseconds from pressing *Join* to the first frame of somebody else on the screen."""
        self.window.until(
            "() => probe.pictures().some((p) => !p.own && p.frames > 0)",
            what=f"{self.name} to see a first picture",
            within=MEET_SECONDS,
        )
        return float(self.window.evaluate("() => probe.firstRemoteFrame() - probe.clicked('prejoin-join')"))

    # controls

    def toggles(self, control: str) -> None:
        """Press mic, camera, screen, chat or participants."""
        self.window.click(by_testid(f"toggle-{control}"))

    def is_muted(self, muted: bool) -> None:
        """The microphone's button says so."""
        self.window.until(
            "(words) => probe.one('[data-testid=toggle-mic]').ariaLabel === words",
            "Unmute your microphone" if muted else "Mute your microphone",
            what=f"{self.name} to be {'muted' if muted else 'unmuted'}",
        )

    def rests_the_focus(self) -> None:
        """Take the focus from whatever has it, so that no control takes keys."""
        self.window.evaluate("() => probe.activeElement()?.blur()")

    # the host

    def is_host(self) -> bool:
        """Whether the server takes this browser for the host's."""
        return self.window.attribute("onmeet-room", "data-role") == "host"

    def removes(self, name: str) -> None:
        """Remove somebody from the meeting."""
        self.acts_on(name, "remove")
        self.window.click(by_testid("confirm"))

    def mutes(self, name: str) -> None:
        """Mute somebody."""
        self.acts_on(name, "mute")

    def locks(self, locked: bool) -> None:
        """Close the door, or open it again."""
        self.opens_people()
        before = self.window.evaluate("() => probe.one('[data-testid=lock]').checked")
        assert before != locked
        self.window.click(by_testid("lock"))
        self.window.until(
            "(locked) => document.querySelector('onmeet-room').diagnostics().locked === locked",
            locked,
            what=f"the door to be {'locked' if locked else 'open'}",
        )

    def acts_on(self, name: str, act: str) -> None:
        """Press one of the host's buttons beside somebody in the list of people."""
        self.opens_people()
        index = self.window.until(
            "(name) => probe.all('.person').find((p) => p.innerText.includes(name))?.dataset.index",
            name,
            what=f"{name} in the list of people",
        )
        self.window.click(f'.person[data-index="{index}"] [data-act="{act}"]')

    def opens_people(self) -> None:
        """Show the list of people."""
        if not self.window.shows(".people"):
            self.toggles("participants")

    # connection

    def index(self) -> int:
        """This participant's number."""
        return int(self.diagnostics()["you"])

    def instance(self) -> str:
        """The live meeting's random name, another one after a restart of the relay."""
        return str(self.diagnostics()["instance"])

    def is_in_another_instance_than(self, before: str, *, within: float = MEET_SECONDS) -> None:
        """Wait until the browser has joined a new live meeting."""
        self.window.until(
            """(before) => {
                const { instance, connections } = document.querySelector('onmeet-room').diagnostics();
                return instance && instance !== before && connections.signalling === 'joined';
            }""",
            before,
            what=f"{self.name} to join afresh",
            within=within,
        )

    def is_told_to_wait(self) -> None:
        """The banner says that the connection is being restored."""
        self.window.until_text("Reconnecting", "onmeet-banner")

    def is_back(self, *, within: float = MEET_SECONDS) -> None:
        """Signalling works again."""
        self.window.until(
            "() => document.querySelector('onmeet-room').diagnostics().connections.signalling === 'joined'",
            what=f"{self.name} to be back",
            within=within,
        )

    # telephone

    def looks_up_the_pin(self) -> str:
        """Open the phone panel, read the digits that callers type, and close it."""
        self.window.click(by_testid("phone"))
        pin = shown_pin(self.window).replace(" ", "")
        self.window.press("Escape")
        return pin

    # chat

    def says(self, text: str) -> None:
        """Write a line into the chat."""
        if not self.window.shows(by_testid("chat-input")):
            self.window.click(by_testid("toggle-chat"))
        self.window.fill(by_testid("chat-input"), text)
        self.window.press("Enter")

    def reads(self, text: str, *, within: float = WAIT_SECONDS) -> None:
        """Open the chat and find the line."""
        if not self.window.shows(by_testid("chat-input")):
            self.window.click(by_testid("toggle-chat"))
        self.window.until(
            "(text) => probe.all('[data-testid=chat-message]').some((m) => m.innerText.includes(text))",
            text,
            what=f"{self.name} to read {text!r}",
            within=within,
        )

    # encryption

    def shield(self) -> dict[str, Any]:
        """State, epoch, safety code and members of the encryption."""
        answer: dict[str, Any] = self.diagnostics()["shield"]
        return answer

    def is_secure(self, *, among: int, within: float = MEET_SECONDS) -> str:
        """Wait until keys are agreed among that many people; return the safety code."""
        try:
            code = self.window.until(
                """(among) => {
                    const s = document.querySelector('onmeet-room')?.diagnostics()?.shield;
                    return s && s.state === 'secure' && s.members.length === among && s.code;
                }""",
                among,
                what=f"{self.name} to share keys among {among}",
                within=within,
            )
        except AssertionError as error:
            raise AssertionError(f"{error}; the shield: {self.shield()}") from None
        return str(code)

    def epoch(self) -> int:
        """The number of the key epoch."""
        return int(self.shield()["epoch"])

    def diagnostics(self) -> dict[str, Any]:
        """What the room page says about itself."""
        answer: dict[str, Any] = self.window.evaluate(
            "async () => await document.querySelector('onmeet-room').diagnostics()"
        )
        return answer


def shown_pin(window: Window) -> str:
    """The PIN on the screen, once it is there, with the space between its two halves."""
    window.until_text(" ", by_testid("phone-pin"))
    return window.text(by_testid("phone-pin"))


def start_meeting(window: Window, base_url: str, name: str) -> Person:
    """From the landing page into a new meeting, as its host."""
    window.open(f"{base_url}/")
    window.click("#start")
    return PreJoin(window).join(name)


def agree(*people: Person) -> str:
    """Wait until they are all of the meeting and see one safety code; return it.

    An epoch comes to one browser before the other, and sometimes two with the same members follow each other.
    """

    def code() -> str:
        seen = {person.is_secure(among=len(people)) for person in people}
        return seen.pop() if len(seen) == 1 else ""

    return people[0].window.wait(code, "one safety code for all", within=MEET_SECONDS)


def enter(window: Window, link: str, name: str) -> Person:
    """Open a link and join."""
    window.open(link)
    return PreJoin(window).join(name)
