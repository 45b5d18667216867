"""DAGs to copy. Each runs as it stands against the emulator."""
