"""Key rings, the providers of epoch keys, and the rotation of epochs (design §6)."""
