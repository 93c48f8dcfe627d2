"""conv6 and ofa32 in PyTorch, as bench/nets defines them, to train and to serve."""
import random

import torch
import torch.nn.functional as F
from torch import nn

# Of ofa32's stages: blocks, choices of depth, output channels, stride, hard-swish instead of ReLU.
STAGES = [(2, [1, 2], 16, 1, False), (3, [2, 3], 24, 2, False), (3, [2, 3], 40, 2, True), (3, [2, 3], 80, 2, True), (3, [2, 3], 112, 1, True)]
KERNELS, EXPANDS = [3, 5, 7], [3, 4, 6]
STEM, HEAD, CLASSES = 16, 480, 10
SANDWICH_STEPS = 2  # of a call; see network.go

MAX = [(n, [(7, 6)] * n) for n, *_ in STAGES]
MIN = [(depths[0], [(3, 3)] * n) for n, depths, *_ in STAGES]


def draw(r):
    """Returns a random architecture: depth, then (kernel, expand) of every block."""
    arch = []
    for n, depths, *_ in STAGES:
        depth = r.choice(depths)
        arch.append((depth, [(r.choice(KERNELS), r.choice(EXPANDS)) for _ in range(n)]))
    return arch


def conv6(channels):
    def conv(i, o, k):
        return [nn.Conv2d(i, o, k, padding=k // 2, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True)]

    return nn.Sequential(
        *conv(channels, 16, 3), *conv(16, 16, 3), nn.MaxPool2d(2), *conv(16, 32, 3), *conv(32, 32, 5), nn.MaxPool2d(2),
        *conv(32, 64, 3), *conv(64, 64, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, CLASSES))


class Norm(nn.Module):
    """Batch norm over the first channels of a shared one."""

    def __init__(self, c):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(c)), nn.Parameter(torch.zeros(c))
        self.register_buffer("mean", torch.zeros(c))
        self.register_buffer("var", torch.ones(c))

    def forward(self, x):
        c = x.shape[1]
        return F.batch_norm(x, self.mean[:c], self.var[:c], self.weight[:c], self.bias[:c], self.training, 0.1, 1e-5)


class Block(nn.Module):
    """An inverted bottleneck: expand, depthwise, project, each with batch norm."""

    def __init__(self, i, o, stride, swish):
        super().__init__()
        self.i, self.stride, self.adds, self.act = i, stride, stride == 1 and i == o, F.hardswish if swish else F.relu
        mid = max(EXPANDS) * i
        self.expand = nn.Parameter(torch.randn(mid, i, 1, 1) * (2 / i) ** 0.5)
        self.filters = nn.Parameter(torch.randn(mid, 1, 7, 7) * (2 / 49) ** 0.5)
        self.project = nn.Parameter(torch.randn(o, mid, 1, 1) * (1 / mid) ** 0.5)
        self.norms = nn.ModuleList([Norm(mid), Norm(mid), Norm(o)])

    def slices(self, k, e):
        """Returns the weights of a subnet, copied out as its convolutions want them."""
        m, edge = e * self.i, (7 - k) // 2
        return self.expand[:m].contiguous(), self.filters[:m, :, edge:7 - edge, edge:7 - edge].contiguous(), self.project[:, :m].contiguous()

    def forward(self, x, k, e):
        expand, filters, project = self.slices(k, e)
        y = self.act(self.norms[0](F.conv2d(x, expand)))
        y = self.act(self.norms[1](F.conv2d(y, filters, None, self.stride, k // 2, 1, e * self.i)))
        y = self.norms[2](F.conv2d(y, project))
        return x + y if self.adds else y


class OFA32(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.stem, self.stem_norm = nn.Conv2d(channels, STEM, 3, padding=1, bias=False), Norm(STEM)
        self.stages, i = nn.ModuleList(), STEM
        for n, _, o, stride, swish in STAGES:
            self.stages.append(nn.ModuleList([Block(o if b else i, o, 1 if b else stride, swish) for b in range(n)]))
            i = o
        self.head, self.head_norm = nn.Conv2d(i, HEAD, 1, bias=False), Norm(HEAD)
        self.classifier = nn.Linear(HEAD, CLASSES)

    def forward(self, x, arch):
        x = F.hardswish(self.stem_norm(self.stem(x)))
        for blocks, (depth, choices) in zip(self.stages, arch):
            for block, choice in zip(blocks[:depth], choices):
                x = block(x, *choice)
        x = F.hardswish(self.head_norm(self.head(x))).mean((2, 3))
        return self.classifier(x)


class Served(nn.Module):
    """One architecture of an OFA32 with its weights copied out and its norms folded."""

    def __init__(self, net, arch):
        super().__init__()
        self.stem = folded(net.stem.weight, net.stem_norm)
        self.blocks, self.acts, self.adds = nn.ModuleList(), [], []
        for blocks, (depth, choices) in zip(net.stages, arch):
            for b, (k, e) in zip(blocks[:depth], choices):
                expand, filters, project = b.slices(k, e)
                self.blocks.append(nn.ModuleList([
                    folded(expand, b.norms[0]), folded(filters, b.norms[1], b.stride, e * b.i), folded(project, b.norms[2])]))
                self.acts.append(b.act)
                self.adds.append(b.adds)
        self.head, self.classifier = folded(net.head.weight, net.head_norm), net.classifier

    def forward(self, x):
        x = F.hardswish(self.stem(x))
        for (expand, depthwise, project), act, adds in zip(self.blocks, self.acts, self.adds):
            y = project(act(depthwise(act(expand(x)))))
            x = x + y if adds else y
        return self.classifier(F.hardswish(self.head(x)).mean((2, 3)))


def folded(weight, norm, stride=1, groups=1):
    o, i, k, _ = weight.shape
    scale = norm.weight[:o] / torch.sqrt(norm.var[:o] + 1e-5)
    conv = nn.Conv2d(i * groups, o, k, stride, k // 2, groups=groups)
    conv.weight.data = (weight * scale.view(-1, 1, 1, 1)).contiguous()
    conv.bias.data = (norm.bias[:o] - norm.mean[:o] * scale).clone()
    return conv


def archs(net):
    """Returns the architectures of each training step of a call."""
    if net == "ofa32-sandwich":
        r = random.Random(1)
        return [[MAX, MIN, draw(r), draw(r)] for _ in range(SANDWICH_STEPS)]
    return [[{"ofa32-max": MAX, "ofa32-min": MIN, "ofa32-drawn": draw(random.Random(7))}[net]]]


def served(net, channels):
    """Returns a network for inference, without gradients."""
    torch.manual_seed(0)
    with torch.no_grad():
        m = conv6(channels) if net == "conv6" else Served(OFA32(channels).eval(), archs(net)[0][0])
    return m.eval()


def work(net, channels, size):
    """Returns parameters and operations of the networks that a call runs."""
    params = flops = 0

    def conv(i, o, k, pixels, groups=1):
        nonlocal params, flops
        params += o * (i // groups) * k * k + 2 * o
        flops += 2 * pixels * o * (i // groups) * k * k

    def linear(i, o):
        nonlocal params, flops
        params += i * o + o
        flops += 2 * i * o

    if net == "conv6":
        i = channels
        for j, (o, k) in enumerate([(16, 3), (16, 3), (32, 3), (32, 5), (64, 3), (64, 3)]):
            conv(i, o, k, (size >> j // 2) ** 2)
            i = o
        linear(i, CLASSES)
        return params, flops
    for arch in sum(archs(net), []):
        i, h = STEM, size
        conv(channels, STEM, 3, h * h)
        for (_, _, o, stride, _), (depth, choices) in zip(STAGES, arch):
            for b, (k, e) in enumerate(choices[:depth]):
                conv(i, e * i, 1, h * h)
                if b == 0:
                    h = (h - 1) // stride + 1
                conv(e * i, e * i, k, h * h, e * i)
                conv(e * i, o, 1, h * h)
                i = o
        conv(i, HEAD, 1, h * h)
        linear(HEAD, CLASSES)
    return params, flops


def trained(net, channels, size, batch, layout):
    """Returns a closure that does a call's training steps."""
    torch.manual_seed(0)
    m = (conv6(channels) if net == "conv6" else OFA32(channels)).train().to(memory_format=layout)
    x = torch.randn(batch, channels, size, size).contiguous(memory_format=layout)
    labels = torch.randint(0, CLASSES, (batch,))
    opt = torch.optim.SGD(m.parameters(), 0.01, momentum=0.9)
    steps = [[()]] if net == "conv6" else [[(a,) for a in step] for step in archs(net)]

    def run():
        for first, *others in steps:
            opt.zero_grad(set_to_none=True)
            logits = m(x, *first)
            F.cross_entropy(logits, labels).backward()
            teacher = F.softmax(logits.detach(), 1)
            for a in others:
                (-(teacher * F.log_softmax(m(x, *a), 1)).sum(1).mean()).backward()
            opt.step()

    return run


def closures(net, channels, size, batch, which):
    """Returns a closure per way of running the network."""
    layouts = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}
    if which == "train":
        return {name: trained(net, channels, size, batch, layout) for name, layout in layouts.items()}
    runs = {}
    for name, layout in layouts.items():
        m = served(net, channels).to(memory_format=layout)
        x = torch.randn(batch, channels, size, size).contiguous(memory_format=layout)
        with torch.no_grad():
            frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(m, x)))
        runs[name + " frozen"] = lambda frozen=frozen, x=x: frozen(x)
    return runs
