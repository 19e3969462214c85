"""Writes the files that torch.save and NumPy make, and what is in them.

    python3 make.py

contents.json lists the tensors of each file by the names that this package gives
them.
"""

import json
from collections import OrderedDict

import numpy as np
import torch

torch.manual_seed(1)


def listed(tensors):
    out = {}
    for name, t in tensors.items():
        a = t.detach().contiguous().numpy() if isinstance(t, torch.Tensor) else np.asarray(t)
        wide = {"float16": "float32", "int8": "int32", "int16": "int32"}
        dtype = wide.get(a.dtype.name, a.dtype.name)
        out[name] = {"dtype": dtype, "shape": list(a.shape), "data": a.astype(float).flatten().tolist()}
    return out


contents = {}


def write(name, tensors):
    contents[name] = listed(tensors)


def save(name, thing, tensors):
    """In the zip format, in the older one, and by the newest protocol of pickles."""
    torch.save(thing, name + ".pt")
    write(name + ".pt", tensors)
    torch.save(thing, name + "-legacy.pt", _use_new_zipfile_serialization=False)
    write(name + "-legacy.pt", tensors)
    torch.save(thing, name + "-protocol4.pt", pickle_protocol=4)
    write(name + "-protocol4.pt", tensors)


# A checkpoint as training loops write it.
net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
net(torch.randn(4, 3)).square().sum().backward()
optimizer.step()
checkpoint = {
    "epoch": 3,
    "best": 1.5,
    "device": torch.device("cpu"),
    "dtype": torch.float32,
    "size": torch.Size([2, 3]),
    "big": 1 << 80,
    "negative": [-1, -300, -70000, -(1 << 40)],
    "text": ["a", "", "é", None, True],
    "model": net.state_dict(),
    "optimizer": optimizer.state_dict(),
    ("a", "tuple"): 1,
}
names = {"model." + k: v for k, v in net.state_dict().items()}
for i, state in optimizer.state_dict()["state"].items():
    for k, v in state.items():
        names[f"optimizer.state.{i}.{k}"] = v
save("checkpoint", checkpoint, names)

# Every type of numbers. bfloat16 is what its float32 is.
types = OrderedDict()
numbers = torch.tensor([[-2.0, 0.1, 1.0], [100.0, 7.0, 0.0]])
for dtype in ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "bool"]:
    types[dtype] = numbers.to(getattr(torch, dtype))
types["uint8"] = numbers.abs().to(torch.uint8)
types["infinite"] = torch.tensor([float("inf"), -float("inf"), 65504.0, 6e-8, -0.0]).half()
expected = dict(types)
expected["bfloat16"] = types["bfloat16"].float()
expected["infinite"] = types["infinite"].clone()
expected["infinite"][:2] = torch.tensor([1.0, -1.0])  # JSON has no infinities: see the test
save("types", types, expected)

# Views of shared storages, parameters, and names for one tensor.
base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
parameter = torch.nn.Parameter(torch.randn(2, 2))
attributed = torch.nn.Parameter(torch.randn(2))
attributed.note = "has a __dict__"
views = {
    "base": base,
    "transposed": base.t(),
    "row": base[1],
    "column": base[:, 2],
    "steps": base[1::2, ::3],
    "permuted": base.reshape(2, 2, 6).permute(2, 0, 1),
    "expanded": torch.tensor([[1.0], [2.0]]).expand(2, 3),
    "scalar": torch.tensor(7.0),
    "element": base[3, 5],
    "one": base[:1, :1],
    "parameter": parameter,
    "attributed": attributed,
    "tied": parameter,
    "list": [torch.ones(1), (torch.zeros(2), 5)],
}
expected = {k: v for k, v in views.items() if k != "list"}
expected["list.0"], expected["list.1.0"] = views["list"][0], views["list"][1][0]
save("views", views, expected)

save("lone", base.t(), {"tensor": base.t()})

# NumPy's files.
a = np.arange(24).reshape(2, 3, 4)
arrays = {
    "rows": a.astype("<f4"),
    "columns": np.asfortranarray(a.astype("<f8")),
    "big": a.astype(">f4"),
    "big_columns": np.asfortranarray(a.astype(">i4")),
    "half": (a / 8).astype("<f2"),
    "big_half": (a / 8).astype(">f2"),
    "int64": -a.astype("<i8"),
    "int32": a.astype("<i4"),
    "int16": -a.astype("<i2"),
    "int8": -a.astype("i1"),
    "uint8": a.astype("u1"),
    "bool": a % 3 == 0,
    "scalar": np.float32(2.5),
    "vector": np.ones(1, dtype="<f4"),
    "layer/kernel.weight": np.eye(2, dtype="<f4"),
}
np.savez("arrays.npz", **arrays)
write("arrays.npz", arrays)
np.savez_compressed("compressed.npz", **arrays)
write("compressed.npz", arrays)
for name in ["rows", "columns", "scalar", "bool"]:
    np.save(name + ".npy", arrays[name])
    write(name + ".npy", {"tensor": arrays[name]})
np.save("object.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
np.save("structured.npy", np.zeros(2, dtype=[("x", "<f4"), ("y", "<i4")]))
with open("version3.npy", "wb") as f:
    np.lib.format.write_array(f, arrays["rows"], version=(3, 0))
write("version3.npy", {"tensor": arrays["rows"]})

# What is not loaded.
torch.save(net, "module.pt")
torch.save(torch.zeros(2, dtype=torch.complex64), "complex.pt")
torch.save(torch.zeros(0), "empty.pt")
torch.jit.script(torch.nn.Linear(2, 2)).save("script.pt")

with open("contents.json", "w") as f:
    json.dump(contents, f, separators=(",", ":"))
    f.write("\n")
