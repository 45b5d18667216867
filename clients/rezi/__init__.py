"""Rezi: resumes and plans."""
