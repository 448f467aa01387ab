"""The floor: what `studentdb deploy`, a second deploy and `teardown --delete-data` come to in a bare boto3 script.

The same writing calls with the same values (after it, `studentdb plan` finds nothing to do), and of the reading ones
those without which it would not be safe: 8 threads, stages written by hand. It knows that nothing is there, looks for
nobody else's resources, takes no lock, repairs nothing and shows nothing.
"""
