"""What pages and JSON API share of erasures and of their certificates."""
