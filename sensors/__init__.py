"""Waiting for people and vendors, one file per vendor."""
