"""The API: another door to the same rooms as the pages."""
