"""The test bed: real parts, built once and started on this machine alone. Nothing in it is a double."""
