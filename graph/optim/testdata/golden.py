"""Writes golden.json: what torch.optim makes of given gradients.

    python3 golden.py > golden.json

All inputs are exact in float32, so that both precisions start from the same
numbers. Figures are parameters after the steps named in "after".
"""

import json

import torch

STEPS = 20
AFTER = [1, 2, 10, 20]
SHAPES = {"weight": [3, 4], "bias": [4], "gain": []}

torch.manual_seed(7)


def draw(shape, scale):
    return (torch.randn(shape, dtype=torch.float32) * scale).tolist()


start = {name: draw(shape, 1) for name, shape in SHAPES.items()}
# Sizes from 1/8 to 4 in turn; the bias has no gradient at all in every third step.
gradients = [
    {
        name: draw(shape, 0 if name == "bias" and step % 3 == 2 else 2.0 ** (step % 6 - 3))
        for name, shape in SHAPES.items()
    }
    for step in range(STEPS)
]


def run(solver, config, dtype, clip=None, groups=None, factors=None, milestones=None):
    params = {n: torch.nn.Parameter(torch.tensor(v, dtype=dtype)) for n, v in start.items()}
    if groups is None:
        optimiser = getattr(torch.optim, solver)(list(params.values()), **config)
    else:
        sets = [dict(groups.get(n, {}), params=[p]) for n, p in params.items()]
        optimiser = getattr(torch.optim, solver)(sets, **config)
    scheduler = None
    if factors == "cosine":
        # Constant for 5 steps, then torch's cosine over 12, then the floor.
        scheduler = torch.optim.lr_scheduler.SequentialLR(
            optimiser,
            [
                torch.optim.lr_scheduler.ConstantLR(optimiser, factor=1, total_iters=1),
                torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=12, eta_min=0.1 * config["lr"]),
                torch.optim.lr_scheduler.ConstantLR(optimiser, factor=0.1, total_iters=10**9),
            ],
            milestones=[5, 17],
        )
    elif factors == "step":
        scheduler = torch.optim.lr_scheduler.StepLR(optimiser, step_size=6, gamma=0.5)
    elif factors == "milestones":
        scheduler = torch.optim.lr_scheduler.MultiStepLR(optimiser, milestones=[3, 4, 11], gamma=0.3)

    out = {"params": [], "norms": [], "rates": []}
    for step in range(STEPS):
        for n, p in params.items():
            p.grad = torch.tensor(gradients[step][n], dtype=dtype)
        if clip is not None:
            out["norms"].append(float(torch.nn.utils.clip_grad_norm_(params.values(), clip)))
        out["rates"].append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        if scheduler is not None:
            scheduler.step()
        if step + 1 in AFTER:
            out["params"].append({n: p.detach().tolist() for n, p in params.items()})
    return out


CASES = {
    "SGD without momentum": ("SGD", dict(lr=0.05)),
    "SGD without momentum, decay": ("SGD", dict(lr=0.05, weight_decay=0.1)),
    "SGD momentum": ("SGD", dict(lr=0.05, momentum=0.9)),
    "SGD momentum, decay": ("SGD", dict(lr=0.05, momentum=0.9, weight_decay=0.1)),
    "SGD Nesterov, decay": ("SGD", dict(lr=0.05, momentum=0.9, weight_decay=0.1, nesterov=True)),
    "Adam": ("Adam", dict(lr=0.01)),
    "Adam decay": ("Adam", dict(lr=0.01, weight_decay=0.1)),
    "Adam other betas": ("Adam", dict(lr=0.01, betas=(0.5, 0.9), eps=1e-3)),
    "AdamW": ("AdamW", dict(lr=0.01)),
    "AdamW beta1 0, decay": ("AdamW", dict(lr=0.01, betas=(0.0, 0.999), weight_decay=0.12)),
    "AdamW groups": (
        "AdamW",
        dict(lr=0.01, weight_decay=0.1),
        dict(groups={"bias": dict(lr=0.01, weight_decay=0.0), "gain": dict(lr=0.001, weight_decay=0.3)}),
    ),
    "SGD clipped": ("SGD", dict(lr=0.05, momentum=0.9), dict(clip=2.0)),
    "AdamW clipped": ("AdamW", dict(lr=0.01), dict(clip=0.5)),
    "SGD cosine": ("SGD", dict(lr=0.05, momentum=0.9), dict(factors="cosine")),
    "AdamW step decay": ("AdamW", dict(lr=0.01), dict(factors="step")),
    "Adam milestones": ("Adam", dict(lr=0.01), dict(factors="milestones")),
}

cases = []
for name, (solver, config, *more) in CASES.items():
    options = more[0] if more else {}
    cases.append(
        {
            "name": name,
            "solver": solver,
            "config": config,
            "options": options,
            "float32": run(solver, config, torch.float32, **options),
            "float64": run(solver, config, torch.float64, **options),
        }
    )

print(
    json.dumps(
        {
            "about": "torch.optim of PyTorch " + torch.__version__ + ", made by golden.py",
            "after": AFTER,
            "shapes": SHAPES,
            "start": start,
            "gradients": gradients,
            "cases": cases,
        },
        separators=(",", ":"),
    ).replace('{"name"', '\n{"name"')
)
