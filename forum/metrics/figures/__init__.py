"""The formulas: each makes the rows behind a figure, and the figure is nothing but these rows counted."""
