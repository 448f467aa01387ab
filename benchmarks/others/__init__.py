"""The same job done by other deployers, each from its own registry and in its own folder; see `__main__.py`."""
