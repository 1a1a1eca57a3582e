"""Loads a Stack Exchange data dump: one site's XML files become users, threads, replies, comments, votes.

`load.load` is the way in. One run may be killed at any moment and repeated: the end is the same.
"""
