"""Accessibility checks with axe-core, in any browser."""

from __future__ import annotations

from functools import cache
from importlib import resources

from tests.browser.window import Window

_RUN = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ` + nodes
        .map((n) => `${n.target.join(' ')} (${n.any.concat(n.all, n.none).map((c) => c.message).join('; ')})`)
        .join(' | '));
}"""


@cache
def _source() -> str:
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def violations(window: Window) -> list[str]:
    """What axe finds wrong with the page as it is now, a line each."""
    if not window.evaluate("() => Boolean(window.axe)"):
        window.evaluate(f"() => {{ {_source()} }}")
    # what fades in has the contrast of fog, and something may begin to do so while axe looks
    window.evaluate(
        """() => new Promise((done) => {
            if (!window.still) {
                window.still = new CSSStyleSheet();
                window.still.replaceSync(`*, ::before, ::after, ::backdrop {
                    animation: none !important; transition: none !important; }`);
                document.adoptedStyleSheets.push(window.still);
            }
            requestAnimationFrame(() => requestAnimationFrame(done));
        })"""
    )
    found: list[str] = window.evaluate(_RUN)
    return found
