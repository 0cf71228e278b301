"""The tests, and the test bed they stand on."""
