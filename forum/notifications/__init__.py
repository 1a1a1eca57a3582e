"""Telling people inside the forum what happened to their posts and threads."""
