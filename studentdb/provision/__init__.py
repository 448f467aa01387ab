"""Desired state -> AWS. Never prints, never reads argv or the environment."""
