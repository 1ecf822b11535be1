# SPDX-License-Identifier: Apache-2.0
"""make_arrays.py FOLDER: arrays of every type as numpy itself writes them, and what they hold as float32 in NAME.expected."""
import sys

import numpy as np

folder = sys.argv[1]
random = np.random.default_rng(5)


def expect(name, array):
    np.ascontiguousarray(array).astype(np.float32).tofile(f"{folder}/{name}.expected")


for dtype in ["<f2", "<f4", "<f8", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "|b1"]:
    values = random.integers(0, 2 if dtype == "|b1" else 100, size=(3, 4, 2))
    array = values.astype(dtype)
    if dtype[1] in "if" and dtype != "|b1":
        array = (array - 50).astype(dtype)
    if dtype[1] == "f":
        array = (array + random.normal(size=array.shape)).astype(dtype)
    name = dtype.strip("<|")
    np.save(f"{folder}/{name}.npy", array)
    expect(name, array)

halves = np.arange(65536, dtype=np.uint16).view(np.float16)
halves = halves[np.isfinite(halves)]
np.save(f"{folder}/halves.npy", halves)
expect("halves", halves)

fortran = np.asfortranarray(random.normal(size=(4, 3, 5)).astype(np.float32))
np.save(f"{folder}/fortran.npy", fortran)
expect("fortran", fortran)
np.save(f"{folder}/scalar.npy", np.float32(2.5))
np.save(f"{folder}/big_endian.npy", np.zeros(3, dtype=">f4"))
np.save(f"{folder}/text.npy", np.array(["a", "b"]))
with open(f"{folder}/version2.npy", "wb") as file:
    np.lib.format.write_array(file, fortran, version=(2, 0))

x = random.normal(size=(6, 2, 2)).astype(np.float32)
np.savez(f"{folder}/stored.npz", x=x, y=np.arange(6))
np.savez_compressed(f"{folder}/deflated.npz", x=x, y=np.arange(6))
expect("x", x)
