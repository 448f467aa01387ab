"""`python -m studentdb` is the same as `studentdb`."""

from studentdb.cli import main

if __name__ == "__main__":
    main()
