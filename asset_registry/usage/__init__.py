"""Where assets were, how they are used, and whether there are enough of them where they are needed."""
