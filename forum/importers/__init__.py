"""Loading communities that lived in other systems."""
