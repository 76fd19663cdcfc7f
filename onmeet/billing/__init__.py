"""Billing: plans, what somebody has subscribed to, and the payment provider that knows the rest.

Owns the tables `customers`, `subscriptions`, `invoices`, `billing_events` and `used_months`. Card data never
comes here (N1.6, N2.10). Imports `groups`, `accounts`, `notices`, `db` and what lies below; knows no pages.
"""
