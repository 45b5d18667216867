"""RickRut: pre-selection tests."""
