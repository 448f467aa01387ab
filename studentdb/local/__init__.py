"""Starting, stopping and addressing the embedded AWS engine."""
