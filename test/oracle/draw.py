"""Seeded numbers that Python and TypeScript (draw.ts) draw alike, bit for bit, so that inputs and initial weights
need not be committed. A name is the seed; the digest of what was drawn goes into the fixture, and tests compare it."""

import hashlib

import numpy as np


def words(name, count):
    """`count` random uint32: a counter from the name's hash on (FNV-1a), mixed by a function with low bias
    (C. Wellons's hash-prospector: 16, 0x21f0aaad, 15, 0x735a2d97, 15)."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 % 2**32
    x = np.uint32(seed) + np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9)
    for shift, factor in ((16, 0x21F0AAAD), (15, 0x735A2D97)):
        x ^= x >> np.uint32(shift)
        x *= np.uint32(factor)
    return x ^ (x >> np.uint32(15))


class Draw:
    """Draws arrays and keeps a digest of all of them."""

    def __init__(self):
        self.hash = hashlib.sha256()

    def uniform(self, name, shape, scale=1.0, offset=0.0):
        """float32 from [offset - scale, offset + scale): 24 random bits, exact up to one last rounding."""
        unit = (words(name, int(np.prod(shape))) >> np.uint32(8)) * 2.0**-23 - 1
        values = (unit * scale + offset).astype(np.float32).reshape(shape)
        self.hash.update(values.tobytes())
        return values

    def integers(self, name, shape, count):
        """uint32 from 0 to count - 1."""
        values = (words(name, int(np.prod(shape))).astype(np.uint64) * count >> np.uint64(32)).astype(np.uint32)
        self.hash.update(values.tobytes())
        return values.reshape(shape)

    def digest(self):
        return self.hash.hexdigest()[:16]
