"""The command line, one file a kind of work (design §9). `api/command_line.py` puts them together."""
