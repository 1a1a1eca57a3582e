"""What all doors share: sessions, CSRF, headers, locale, limits, templates and errors; no page of its own."""
