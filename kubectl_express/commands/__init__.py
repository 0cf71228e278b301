"""One file per command: read the sources, call the core, print, return an exit status."""
