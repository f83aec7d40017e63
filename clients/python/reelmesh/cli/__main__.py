"""`python -m reelmesh.cli`: the command, where it is not on the PATH."""

from reelmesh.cli import main

if __name__ == "__main__":
    main()
