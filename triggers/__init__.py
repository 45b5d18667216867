"""Waiting in the triggerer: one loop looks for all tasks that wait on the same thing."""
