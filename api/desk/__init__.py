"""The desk of the DPO: what pages and JSON API share."""
