"""The other engine: Argo CD's Applications that own a system's nodes, followed, and stopped as a rollout is."""
