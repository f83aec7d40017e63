"""espeak-ng, for the workers of any server: the library, its voices, texts in pieces, times of words."""
