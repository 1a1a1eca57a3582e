"""Moderation: every text passes here before it is published, and every decision about it is kept here."""
