"""This program beside the real helm 3, helm 4 and kubectl: what they answer in the run is what is expected."""
