"""Meetings, calls and lives of accounts, and every byte that they leave behind."""
