"""Views of the commands' results: data for programs and blocks for people, made in one place each."""
