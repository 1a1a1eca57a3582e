"""Finding posts: analysis of text, what a person typed, the index, and what is shown of a hit."""
