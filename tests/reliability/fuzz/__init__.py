"""Inputs that nobody meant to make: what the program reads, broken at random and on purpose."""
