"""Rezora: contacts and mailing lists."""
