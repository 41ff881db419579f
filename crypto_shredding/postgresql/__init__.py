"""PostgreSQL: the embedded server, connections that wear a structure's role, statements and migrations."""
