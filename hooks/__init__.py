"""Airflow connections of the five vendors, one hook per vendor."""
