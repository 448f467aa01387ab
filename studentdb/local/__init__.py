"""Starting, stopping and addressing the embedded AWS engine.

It runs code for whoever may call it, so it refuses what web pages of other sites send (serve.py). That holds for the
engine that is started here; one that the user starts himself and names in AWS_ENDPOINT_URL is his own responsibility.
"""
