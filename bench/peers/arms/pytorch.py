# The arm of PyTorch, in NCHW and in channels_last; the faster layout counts.
# Layers are conv2d and aten's convolution_backward, networks those of
# pytorch_nets.py.
#
#   pytorch.py THREADS
import math
import sys
import time

import torch

SALT_X, SALT_W, SALT_DY, SALT_DIGEST = 1, 2, 3, 4


def pattern(salt, *shape):
    i = torch.arange(math.prod(shape), dtype=torch.int64)
    return (((i * 7919 + salt * 104729) % 201 - 100).float() / 100).reshape(shape)


def block(f, calls):
    start = time.perf_counter()
    for _ in range(calls):
        f()
    return max((time.perf_counter() - start) / calls, 1e-7)


def measure(f, limit):
    """Returns median and best seconds of a call; see measure.go."""
    calls = max(1, int(limit / 8 / block(f, 1)))
    if calls > 1:
        calls = max(1, int(limit / 8 / block(f, calls)))
    means, begin = [], time.perf_counter()
    while len(means) < 2 or time.perf_counter() - begin < limit:
        means.append(block(f, calls))
    means.sort()
    return (means[(len(means) - 1) // 2] + means[len(means) // 2]) / 2, means[0]


def layer(n, in_c, h, w, out_c, k, stride, pad, g, which):
    """Returns the digest of a pass and a closure per layout."""
    out_h, out_w = (h + 2 * pad - k) // stride + 1, (w + 2 * pad - k) // stride + 1
    x, weight = pattern(SALT_X, n, in_c, h, w), pattern(SALT_W, out_c, in_c // g, k, k)
    dy = pattern(SALT_DY, n, out_c, out_h, out_w)

    def closure(layout):
        a, b, c = (t.contiguous(memory_format=layout) for t in (x, weight, dy))
        if which == "forward":
            return lambda: torch.conv2d(a, b, None, stride, pad, 1, g)
        mask = [which == "backward-data", which == "backward-weights", False]
        back = torch.ops.aten.convolution_backward
        index = mask.index(True)
        return lambda: back(c, a, b, None, [stride, stride], [pad, pad], [1, 1], False, [0, 0], g, mask)[index]

    runs = {"NCHW": closure(torch.contiguous_format), "channels_last": closure(torch.channels_last)}
    result = runs["NCHW"]().double().contiguous().flatten()
    dot = torch.dot(result, pattern(SALT_DIGEST, result.numel()).double()).item()
    return dot, result.norm().item(), runs


def network(net, channels, size, batch, which):
    """Returns the work of a network and a closure per layout."""
    import pytorch_nets

    return (*pytorch_nets.work(net, channels, size), pytorch_nets.closures(net, channels, size, batch, which))


def prepare(fields):
    if fields[0] == "net":
        dot, norm, runs = network(fields[1], *map(int, fields[2:5]), fields[5])
    else:
        dot, norm, runs = layer(*map(int, fields[1:10]), fields[10])
    for f in runs.values():
        f()
    first = {name: block(f, 1) for name, f in runs.items()}
    near = 1.3 * min(first.values())  # a layout that is far behind need not be timed again
    return dot, norm, {name: f for name, f in runs.items() if first[name] <= near}


def main():
    torch.set_num_threads(int(sys.argv[1]))
    print("ready PyTorch", torch.__version__, flush=True)
    key, case = None, None
    for line in sys.stdin:
        *fields, ms = line.split()
        with torch.set_grad_enabled(fields[-1] == "train"):
            if fields != key:
                key, case = fields, None
                case = prepare(fields)
            dot, norm, runs = case
            results = [measure(f, float(ms) / 1e3 / len(runs)) + (name,) for name, f in runs.items()]
        print("ok %.9g %.9g %.9g %.9g %s" % (*min(results)[:2], dot, norm, min(results)[2]), flush=True)


if __name__ == "__main__":
    main()
