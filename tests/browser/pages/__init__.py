"""Pages, and what they leave behind: tests that wait for servers more than for pictures."""
