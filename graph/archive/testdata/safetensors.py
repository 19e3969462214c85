"""Writes torch.safetensors by the format's description, with the numbers
of torch's dtypes: python3 safetensors.py"""
import json
import struct

import torch

tensors = {
    "bf16": torch.tensor([1.0, -2.5, 3.0e38, 1e-40, float("inf"), -0.0]).to(torch.bfloat16),
    "bool": torch.tensor([[True, False, True]]),
    "f16": torch.tensor([1.0, -2.5, 65504.0, 6e-8, float("-inf"), -0.0]).to(torch.float16),
    "f32": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 3,
    "f64": torch.tensor(0.1, dtype=torch.float64),
    "i32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
    "i64": torch.tensor([[[-(2**63)]], [[2**63 - 1]]]),
    "u8": torch.tensor([0, 127, 255], dtype=torch.uint8),
}
names = {
    torch.bfloat16: "BF16", torch.bool: "BOOL", torch.float16: "F16", torch.float32: "F32",
    torch.float64: "F64", torch.int32: "I32", torch.int64: "I64", torch.uint8: "U8",
}
header, data = {"__metadata__": {"format": "pt", "größe": "<3 & \u2028"}}, b""
for name in sorted(tensors, key=lambda n: (-tensors[n].element_size(), n)):
    t = tensors[name]
    raw = bytes(t.reshape(-1).view(torch.uint8).tolist()) if t.dim() else struct.pack("<d", t.item())
    header[name] = {"dtype": names[t.dtype], "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
with open("torch.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + data)
for name, t in tensors.items():
    print(name, (t.float() if t.element_size() == 2 else t).tolist())
