"""Measurements side by side with a floor, for people to read: nothing here passes or fails."""
