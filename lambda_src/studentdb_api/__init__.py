"""The functions behind the API: standard library and the runtime's boto3 only, for Python 3.11 and later."""
