"""HTTP, pages, sign-in, command line, settings, composition root, logging."""
