"""What is talked about: categories, threads, posts, tags, and who may see them."""
