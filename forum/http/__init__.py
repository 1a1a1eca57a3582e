"""What all doors share about HTTP: sessions, CSRF, headers, locale, limits, templates and errors; no page of its own."""
