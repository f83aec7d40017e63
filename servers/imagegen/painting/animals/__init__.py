"""Animals: outlines that can be told apart as silhouettes."""
