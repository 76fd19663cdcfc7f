"""What callers hear and may press: pure machines, prompts, and the player that turns these into sound."""
