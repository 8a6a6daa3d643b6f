"""Makes the pages of docs/ that tell every setting and every metric, from the code itself."""
