"""The floor: what `studentdb deploy`, a second deploy and `teardown --delete-data` come to in a bare boto3 script.

The same writing calls with the same values (after it, `studentdb plan` finds nothing to do), the lock's included. Of
the reads and waits those without which it would not be safe: is a name taken, is it ours, can it be used. 8 threads,
stages written by hand. It makes no plan, looks at the lock only when it takes it, repairs nothing and shows nothing.
"""
