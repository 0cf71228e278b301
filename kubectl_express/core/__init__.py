"""The pure core: no I/O, no clock, no cluster. Text and values in, nodes, faults and changes out."""
