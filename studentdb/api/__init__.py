"""Client of a deployed studentdb: sign-in, tokens, the API. Knows nothing of AWS's SDK."""
