"""Riminder: resumes parsed and scored."""
