"""The edge where the user's factor files are opened."""
