"""Real browsers against the real server: Chromium by Playwright, Firefox ESR by WebDriver BiDi."""
