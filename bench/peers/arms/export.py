# Writes the networks to serve as ONNX models, and beside each the logits that
# PyTorch computes for the usual pattern.
#
#   export.py FOLDER
import os
import sys

import torch

import pytorch_nets
from pytorch import SALT_X, pattern

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
for batch in 1, 64:
    for net in "conv6", "ofa32-max", "ofa32-drawn", "ofa32-min":
        m = pytorch_nets.served(net, 3)
        x = pattern(SALT_X, batch, 3, 32, 32)
        path = os.path.join(folder, "%s-%d" % (net, batch))
        torch.onnx.export(m, x, path + ".onnx", opset_version=14, input_names=["x"], output_names=["y"])
        with torch.no_grad():
            m(x).numpy().astype("<f4").tofile(path + ".logits")
