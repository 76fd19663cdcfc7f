"""The SIP user agent: transactions, dialogs and registrations on the wire."""

from sip.agent.agent import Agent

__all__ = ["Agent"]
