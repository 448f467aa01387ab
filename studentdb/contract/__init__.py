"""The API's single source of truth: what travels (models.py) and what can be asked (operations.py)."""
