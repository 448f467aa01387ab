"""One file per AWS object, named with boto3's nouns."""
