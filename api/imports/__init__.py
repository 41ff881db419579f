"""Old files coming in: reading workbooks, the preview, and writing all or nothing (N30)."""
