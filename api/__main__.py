"""`python -m api …` is `sillage …`."""

from api.command_line import main

if __name__ == "__main__":  # A worker process imports this file again.
    main()
