"""The ground every room stands on: database, outbox, errors, clock, text and paging; it knows no forum word."""
