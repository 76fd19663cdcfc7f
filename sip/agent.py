"""The SIP user agent: transactions, dialogs and registrations on the wire."""
