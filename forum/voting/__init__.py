"""Votes on posts and the scores that follow from them."""
