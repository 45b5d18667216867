"""What each command of ``talent`` does; `cli.py` beside it says how they are called."""
