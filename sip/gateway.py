"""Calls from the first ring to the meeting's door: joins user agent, legs, reception and room processes."""
