"""All that a person sees. The only importer of rich, and that only where something is shown."""
