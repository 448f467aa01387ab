"""The API's single source of truth: what travels (fields.py, models.py) and what can be asked (operations.py)."""
