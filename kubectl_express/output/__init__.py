"""How results are shown: one small file per output format."""
