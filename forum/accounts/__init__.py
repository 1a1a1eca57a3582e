"""People: accounts, roles, sessions, keys, and what the community decided about itself."""
