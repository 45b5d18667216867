"""The steps that DAGs are made of, one file per vendor."""
