"""Where nodes come from: charts through helm, files, git revisions, the cluster; and the configuration."""
