"""Writes weights as EvNN and PyTorch save them, and what those models compute.

    python3 make.py

outputs.json has, for each file, an input and the output, in float64. EvNN's layer
is written out here, by the equations of its variant, since EvNN needs a compiler;
the names of weights are those of its modules. Both h and y pass from step to step.
"""

import json
import struct

import numpy as np
import torch
from torch import nn

torch.manual_seed(3)
T, B, I, H, V, E = 7, 3, 4, 5, 11, 6
outputs = {}


class EGRU(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        of = lambda *shape: nn.Parameter(torch.randn(*shape))
        fixed = lambda x: nn.Parameter(torch.tensor([x]), requires_grad=False)
        self._max_norm = fixed(-1.0)
        self.kernel, self.recurrent_kernel = of(inputs, 3 * hidden), of(hidden, 3 * hidden)
        self.bias, self.recurrent_bias = of(3 * hidden), of(3 * hidden)
        self.dampening_factor, self.pseudo_derivative_support = fixed(0.7), fixed(3.6)
        self.thr = nn.Parameter(torch.rand(hidden) * 0.2)

    def forward(self, x):
        hidden = len(self.thr)
        thr = self.thr.clamp(0, 1)
        h = y = x.new_zeros(x.shape[1], hidden)
        ys = []
        for x in x @ self.kernel + self.bias:
            v = y @ self.recurrent_kernel + self.recurrent_bias
            z, r, g = x.chunk(3, -1)
            vz, vr, vg = v.chunk(3, -1)
            z = torch.sigmoid(z + vz)
            c = z * h + (1 - z) * torch.tanh(g + torch.sigmoid(r + vr) * vg)
            # An event by a hair would be one of rounding.
            assert (c - thr).abs().min() > 1e-4
            event = (c > thr).to(c.dtype)
            y, h = event * c, c - event * thr
            ys.append(y)
        ys = torch.stack(ys)
        assert (ys != 0).double().mean() > 0.1  # silence would hide mistakes
        return ys


class Decoder(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.decoder = nn.Linear(hidden, V)


class EvNNModel(nn.Module):
    def __init__(self, units, tied):
        super().__init__()
        self.embeddings = nn.Embedding(V, E)
        self.rnns = nn.ModuleList(EGRU(i, h) for i, h in zip([E] + units, units))
        self.decoder = Decoder(units[-1])
        if tied:
            self.decoder.decoder.weight = self.embeddings.weight

    def forward(self, ids):
        x = self.embeddings(ids)
        for rnn in self.rnns:
            x = rnn(x)
        return self.decoder.decoder(x)


class TorchModel(nn.Module):
    def __init__(self, embed, hidden, tied):
        super().__init__()
        self.encoder = nn.Embedding(V, embed)
        self.rnn = nn.GRU(embed, hidden, 2)
        self.decoder = nn.Linear(hidden, V)
        if tied:
            self.decoder.weight = self.encoder.weight

    def forward(self, ids):
        return self.decoder(self.rnn(self.encoder(ids))[0])


def array(t):
    return {"shape": list(t.shape), "data": t.detach().double().flatten().tolist()}


def write_safetensors(path, state):
    """8 bytes of the header's length, the header, the numbers."""
    header, data = {}, b""
    for name, t in state.items():
        raw = t.detach().contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def save(name, model, formats=("pt",), wrap=lambda s: s):
    """Saves weights in float32, and what they give in float64."""
    state = model.state_dict()
    for ext in formats:
        path = name + "." + ext
        if ext == "pt":
            torch.save(wrap(state), path)
        elif ext == "npz":
            np.savez(path, **{k: v.numpy() for k, v in state.items()})
        else:
            write_safetensors(path, state)
    ids = isinstance(model, (EvNNModel, TorchModel))
    x = torch.randint(V, (T, B)) if ids else torch.randn(T, B, I)
    model.double()
    y = model(x if ids else x.double())
    if isinstance(y, tuple):
        y = y[0]
    if ids:  # losses of the next words, the first after the last
        losses = nn.functional.cross_entropy(y.flatten(0, 1), x.roll(-1, 0).flatten(), reduction="none")
        y = losses.reshape(T, B)
    outputs[name] = {"x": array(x), "y": array(y)}


layer = EGRU(I, H)
with torch.no_grad():
    layer.thr[0], layer.thr[1] = -0.2, 1.3  # EvNN clamps them before each use
save("evnn", layer, ("pt", "npz", "safetensors"))

model = EvNNModel([8, 8, E], tied=True)
optimizer = torch.optim.AdamW(model.parameters())
save("evnnlm", model, ("pt", "npz", "safetensors"), lambda s: {"model": s, "epoch": 3, "optimizer": optimizer.state_dict()})
save("evnnlm_untied", EvNNModel([8, 8], tied=False))

save("gru", nn.GRU(I, H), ("pt", "npz", "safetensors"))
save("gru_layers", nn.GRU(I, H, 3))
save("gru_nobias", nn.GRU(I, H, 2, bias=False))
save("gru_bidirectional", nn.GRU(I, H, 2, bidirectional=True))
save("torchlm", TorchModel(E, 8, tied=False), ("pt", "npz", "safetensors"))
save("torchlm_tied", TorchModel(8, 8, tied=True))

with open("outputs.json", "w") as f:
    json.dump(outputs, f, separators=(",", ":"))
    f.write("\n")
