"""Runs relata's graphs under PyTorch: the operators of a training step, the optimiser, and the ranks of torchrun.

relata starts this file (`relata train --engine torch`); it needs torch alone. Rank 0 is connected to relata, which plans batches, reads
and writes all files and evaluates. The other ranks get their micro-batches from rank 0. A message is a header in JSON and bytes:

    4 bytes  length of the header, little endian
    8 bytes  length of the bytes
    header, bytes

Every value of a graph is a variable of a generated Python function, so an operator costs one call.
"""

import ctypes
import json
import math
import os
import platform
import socket
import struct
import sys
import time
import traceback
from datetime import timedelta

import torch
import torch.distributed as dist
import torch.nn.functional as F

aten = torch.ops.aten

DTYPES = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "int64": torch.int64,
    "int32": torch.int32,
    "uint8": torch.uint8,
    "int8": torch.int8,
    "bool": torch.bool,
}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}

GRADIENT = "gradient/"  # what names of gradients begin with


# Matrix products

BF16_PRODUCTS = False  # set once, by the settings


def half(x):
    return x.to(torch.bfloat16)


def product(a, b):
    """a @ b; with bf16 the factors are rounded, and the result is float32 again."""
    return torch.matmul(half(a), half(b)).float() if BF16_PRODUCTS else torch.matmul(a, b)


def product_into(target, a, b, add):
    """target = a @ b, or target += a @ b."""
    if BF16_PRODUCTS:
        made = torch.mm(half(a), half(b))
        target.add_(made) if add else target.copy_(made)
    elif add:
        torch.addmm(target, a, b, out=target)
    else:
        torch.mm(a, b, out=target)


# Operators: from the attributes of one application to a function of its inputs. With `shapes`, the function gets the sizes of its
# outputs as a last argument. Names and attributes are those of relata's graph (src/graph/operators).

OPERATORS = {}


def operator(name, shapes=False):
    def register(make):
        OPERATORS[name] = (make, shapes)
        return make

    return register


def plain(name, function):
    OPERATORS[name] = (lambda _: function, False)


for name, function in {
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "divide": torch.div,
    "where": torch.where,
    "equal": torch.eq,
    "greater": torch.gt,
    "less": torch.lt,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "negate": torch.neg,
    "absolute": torch.abs,
    "sign": torch.sign,
    "sin": torch.sin,
    "cos": torch.cos,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "gelu": F.gelu,
    "geluGradient": lambda x, g: aten.gelu_backward(g, x),
    "softmax": lambda x: torch.softmax(x, -1),
    "softmaxGradient": lambda y, g: aten._softmax_backward_data(g, y, -1, torch.float32),
    "logSoftmax": lambda x: torch.log_softmax(x, -1),
    "logSoftmaxGradient": lambda y, g: aten._log_softmax_backward_data(g, y, -1, torch.float32),
    "stopGradient": lambda x: x,
    "takeAlongLastAxis": lambda x, at: x.gather(-1, at.unsqueeze(-1)).squeeze(-1),
}.items():
    plain(name, function)


@operator("leakyRelu")
def _(slope):
    return lambda x: F.leaky_relu(x, slope)


@operator("cast")
def _(dtype):
    return lambda x: x.to(DTYPES[dtype])


@operator("matmul")
def _(a):
    left, right, scale = a["transposeA"], a["transposeB"], a["scale"]

    def run(x, y):
        made = product(x.transpose(-1, -2) if left else x, y.transpose(-1, -2) if right else y)
        return made if scale == 1 else made.mul_(scale)

    return run


@operator("gemm")
def _(a):
    left, right = a["transposeA"], a["transposeB"]
    return lambda x, y: product(x.t() if left else x, y.t() if right else y)


@operator("linear")
def _(_):
    def run(x, weight, bias=None):
        if bias is None:
            return product(x, weight.t())
        if BF16_PRODUCTS:
            return product(x, weight.t()).add_(bias)
        return torch.addmm(bias, x, weight.t())

    return run


def reduction(function):
    def make(a):
        axes, keep = a["axes"], a["keepDimensions"]
        return lambda x: function(x, axes, keep)

    return make


OPERATORS["reduceSum"] = (reduction(lambda x, axes, keep: x.sum(axes, keepdim=keep)), False)
OPERATORS["reduceMean"] = (reduction(lambda x, axes, keep: x.mean(axes, keepdim=keep)), False)
OPERATORS["reduceMax"] = (reduction(lambda x, axes, keep: x.amax(axes, keepdim=keep)), False)


@operator("argMax")
def _(axis):
    return lambda x: x.argmax(axis)


@operator("cumulativeSum")
def _(axis):
    return lambda x: x.cumsum(axis, dtype=x.dtype)


@operator("reshape", shapes=True)
def _(_):
    return lambda x, shapes: x.reshape(shapes[0])


@operator("broadcastTo", shapes=True)
def _(_):
    return lambda x, shapes: x.expand(shapes[0])


@operator("transpose")
def _(order):
    return lambda x: x.permute(order)


@operator("concatenate")
def _(axis):
    return lambda *pieces: torch.cat(pieces, axis)


@operator("split", shapes=True)
def _(a):
    axis = a["axis"]
    return lambda x, shapes: x.split([shape[axis] for shape in shapes], axis)


@operator("filled", shapes=True)
def _(value):
    return lambda shapes: torch.full(shapes[0], value, dtype=torch.float32, device=DEVICE)


@operator("iota", shapes=True)
def _(_):
    return lambda shapes: torch.arange(shapes[0][0], device=DEVICE)


@operator("countOf", shapes=True)
def _(_):  # the generator of the program adds the counted size to the shapes
    return lambda shapes: torch.full((), float(shapes[1][0]), dtype=torch.float32, device=DEVICE)


@operator("gatherRows")
def _(_):
    return lambda table, rows: table.index_select(0, rows.reshape(-1)).reshape(rows.shape + table.shape[1:])


def without_padding(a):
    padding = a.get("paddingIndex")
    return (lambda values, rows: values) if padding is None else (lambda values, rows: values * (rows != padding).unsqueeze(1))


@operator("scatterRows", shapes=True)
def _(a):
    kept = without_padding(a)
    return lambda values, rows, shapes: values.new_zeros(shapes[0]).index_add_(0, rows, kept(values, rows))


@operator("scatterAlongLastAxis", shapes=True)
def _(_):
    return lambda values, at, shapes: values.new_zeros(shapes[0]).scatter_(-1, at.unsqueeze(-1), values.unsqueeze(-1))


@operator("layerNorm")
def _(epsilon):
    return lambda x, weight, bias: torch.native_layer_norm(x, weight.shape, weight, bias, epsilon)


@operator("layerNormGradient")
def _(_):
    # The bias only gives its gradient's shape, which is the weight's.
    return lambda x, mean, inverse, g, weight: aten.native_layer_norm_backward(
        g, x, list(weight.shape), mean, inverse, weight, weight, [True, True, True]
    )


@operator("conv2d")
def _(a):
    return lambda x, weight, bias=None: F.conv2d(x, weight, bias, a["stride"], a["padding"])


@operator("conv2dInputGradient", shapes=True)
def _(a):
    return lambda g, weight, shapes: torch.nn.grad.conv2d_input(shapes[0], weight, g, a["stride"], a["padding"])


@operator("conv2dWeightGradient", shapes=True)
def _(a):
    return lambda g, x, shapes: torch.nn.grad.conv2d_weight(x, shapes[0], g, a["stride"], a["padding"])


@operator("maxPool2d")
def _(a):
    return lambda x: aten.max_pool2d_with_indices(x, a["kernel"], [a["stride"]] * 2, [a["padding"]] * 2)


@operator("maxPool2dGradient", shapes=True)
def _(_):
    def run(g, indices, shapes):
        batch, channels, height, width = shapes[0]
        planes = g.new_zeros((batch, channels, height * width))
        return planes.scatter_add_(2, indices.flatten(2), g.flatten(2)).reshape(shapes[0])

    return run


@operator("averagePool2d")
def _(a):
    return lambda x: F.avg_pool2d(x, a["kernel"], a["stride"])


@operator("averagePool2dGradient", shapes=True)
def _(a):
    return lambda g, shapes: aten.avg_pool2d_backward(
        g, g.new_empty(shapes[0]), a["kernel"], [a["stride"]] * 2, [0, 0], False, True, None
    )


def levelled(scores):
    """Scores of tags [batch, tags] minus the largest of each row, and that [batch, 1]."""
    most = scores.amax(1, keepdim=True)
    return scores - most, most


def chain_log_partition(emissions, mask, start, end, transitions):
    alpha, level = levelled(emissions[:, 0] + start)
    alphas = [alpha]
    for at in range(1, emissions.shape[1]):
        keep = mask[:, at].unsqueeze(1) > 0.5
        paths = torch.logsumexp(alpha.unsqueeze(2) + transitions, 1)
        reached, rise = levelled(paths + emissions[:, at])
        alpha = torch.where(keep, reached, alpha)
        level = torch.where(keep, level + rise, level)
        alphas.append(alpha)
    return torch.logsumexp(alpha + end, 1) + level.squeeze(1), torch.stack(alphas)


def chain_log_partition_gradient(emissions, mask, end, transitions, alphas, gradient):
    arrivals = transitions.t()  # [to, from]
    g = torch.softmax(alphas[-1] + end, -1) * gradient.unsqueeze(1)
    for_end = g.sum(0)
    for_arrivals = torch.zeros_like(arrivals)
    for_emissions = torch.zeros_like(emissions)
    for at in range(emissions.shape[1] - 1, 0, -1):
        keep = mask[:, at].unsqueeze(1)
        share = torch.softmax(alphas[at - 1].unsqueeze(1) + arrivals, -1)  # [batch, to, from]
        kept = g * keep
        flow = share * kept.unsqueeze(2)
        for_emissions[:, at] = kept
        for_arrivals = for_arrivals + flow.sum(0)
        g = torch.where(keep > 0.5, flow.sum(1), g)
    for_emissions[:, 0] = g
    return for_emissions, g.sum(0), for_end, for_arrivals.t()


plain("chainLogPartition", chain_log_partition)
plain("chainLogPartitionGradient", chain_log_partition_gradient)


# Programs


def size_expression(size):
    """A size of a shape as Python: 16 or "16+batch*length" with the names d_batch and d_length."""
    if not isinstance(size, str):
        return str(int(size))
    factor = lambda text: text if text.lstrip("-").isdigit() else "d_" + text
    return "+".join("*".join(factor(text) for text in term.split("*")) for term in size.split("+"))


def shape_expression(shape):
    return "(" + "".join(size_expression(size) + "," for size in shape) + ")"


class Gradients:
    """Where the gradients of one parameter table are summed; the first micro-batch of a step overwrites."""

    def __init__(self, tables):
        self.tables = tables  # views by parameter
        self.fresh = True
        self.touched = {}  # rows of tables that may hold other values than zero, if that is known

    def begin(self):
        self.fresh = True

    def put(self, name, value):
        self.tables[name].copy_(value) if self.fresh else self.tables[name].add_(value)

    def put_product(self, name, a, b):
        product_into(self.tables[name], a, b, not self.fresh)

    def put_rows(self, name, values, rows):
        table = self.tables[name]
        table = table.view(table.shape[0], -1)
        if self.fresh:
            before = self.touched.get(name)
            table.zero_() if before is None else table.index_fill_(0, before, 0)
            self.touched[name] = rows
        elif self.touched.get(name) is not None:
            self.touched[name] = torch.cat([self.touched[name], rows])
        table.index_add_(0, rows, values)

    def zero(self):
        for table in self.tables.values():
            table.zero_()
        self.touched = {}

    def forget_rows(self):
        """Other ranks' rows are in the sums now."""
        self.touched = {}


class Program:
    """A graph as a Python function. Gradients go to `gradients` if that is given, and are outputs otherwise."""

    def __init__(self, listing, constants, gradients=None, compiled=False):
        unknown = sorted({op["name"] for op in listing["operators"]} - set(OPERATORS))
        if unknown:
            raise ValueError("unknown operators: " + ", ".join(unknown))
        self.inputs = [(entry["name"], entry["role"]) for entry in listing["inputs"]]
        names = {}
        globals_ = {}
        for entry in listing["inputs"]:
            names[entry["value"]] = "v%d" % entry["value"]
        for entry in listing["constants"]:
            names[entry["value"]] = "k%d" % entry["value"]
            globals_["k%d" % entry["value"]] = constants[entry["value"]]
        where_input = {entry["name"]: entry["value"] for entry in listing["inputs"]}
        body = [
            "d_%s = v%d.shape[%d]" % (size, where_input[place["tensor"]], place["axis"])
            for size, place in listing["sizes"].items()
        ]
        sinks = {}
        self.outputs = []
        returned = []
        for entry in listing["outputs"]:
            if gradients is not None and not compiled and entry["name"].startswith(GRADIENT):
                sinks.setdefault(entry["value"], []).append(entry["name"][len(GRADIENT):])
            else:
                self.outputs.append(entry["name"])
                returned.append(entry["value"])
        uses = {}
        for at, op in enumerate(listing["operators"]):
            for value in op["inputs"]:
                uses[value] = at
        made_from_inputs = set(names)
        for at, op in enumerate(listing["operators"]):
            lines = self._operator(at, op, listing["values"], names, globals_, sinks, uses, returned)
            dead = [
                value
                for value in set(op["inputs"]) | set(op["outputs"])
                if uses.get(value, at) == at and value not in returned and value not in made_from_inputs and value in names
            ]
            body += lines
            if dead:
                body.append("del " + ", ".join(names[value] for value in dead))
        for value in [value for value in sinks if value in made_from_inputs]:
            body += ["put(%r, %s)" % (name, names[value]) for name in sinks[value]]
        arguments = ["v%d" % entry["value"] for entry in listing["inputs"]]
        body.append("return (%s)" % "".join(names[value] + "," for value in returned))
        source = "def program(%s):\n  %s\n" % (", ".join(arguments), "\n  ".join(body))
        if gradients is not None:
            globals_.update(put=gradients.put, put_product=gradients.put_product, put_rows=gradients.put_rows)
        exec(compile(source, "<graph>", "exec"), globals_)  # the text is made of numbers and of names that relata has checked
        self.function = globals_["program"]
        if compiled:
            self.function = torch.compile(self.function, dynamic=True)
        self.gradients = gradients if compiled else None

    @staticmethod
    def _operator(at, op, values, names, globals_, sinks, uses, returned):
        make, wants_shapes = OPERATORS[op["name"]]
        inputs = [names[value] for value in op["inputs"]]
        outputs = op["outputs"]
        only_sink = len(outputs) == 1 and outputs[0] in sinks and outputs[0] not in uses and outputs[0] not in returned
        if only_sink and len(sinks[outputs[0]]) == 1 and op["name"] in ("gemm", "scatterRows"):
            # Straight into the sum, which saves a pass over a matrix as large as the parameter.
            target = sinks[outputs[0]][0]
            a = op["attributes"]
            if op["name"] == "gemm":
                left = inputs[0] + (".t()" if a["transposeA"] else "")
                right = inputs[1] + (".t()" if a["transposeB"] else "")
                return ["put_product(%r, %s, %s)" % (target, left, right)]
            globals_["o%d" % at] = without_padding(a)
            return ["put_rows(%r, o%d(%s, %s), %s)" % (target, at, inputs[0], inputs[1], inputs[1])]
        globals_["o%d" % at] = make(op["attributes"])
        arguments = list(inputs)
        if wants_shapes:
            shapes = [values[value]["shape"] for value in outputs]
            if op["name"] == "countOf":
                shapes.append([op["attributes"]])
            arguments.append("(" + "".join(shape_expression(shape) + "," for shape in shapes) + ")")
        for value in outputs:
            names[value] = "v%d" % value
        call = "o%d(%s)" % (at, ", ".join(arguments))
        lines = ["%s = %s" % (", ".join(names[value] for value in outputs), call)]
        for value in outputs:
            lines += ["put(%r, %s)" % (name, names[value]) for name in sinks.get(value, [])]
        return lines

    def __call__(self, data, parameters):
        values = self.function(*(parameters[name] if role == "parameter" else data[name] for name, role in self.inputs))
        results = dict(zip(self.outputs, values))
        if self.gradients is not None:
            for name in [name for name in results if name.startswith(GRADIENT)]:
                self.gradients.put(name[len(GRADIENT):], results.pop(name))
        return results


# Dropout masks: Philox4x32-10 on the device, as src/training/random.ts draws them

WORD = 0xFFFFFFFF


def philox(c0, c1, c2, c3, k0, k1):
    """Four words of every counter. Words are int64 from 0 to 2^32 - 1: a product wraps, but its bits are right."""
    for _ in range(10):
        first, second = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1, c2, c3 = (
            ((second >> 32) & WORD) ^ c1 ^ k0,
            second & WORD,
            ((first >> 32) & WORD) ^ c3 ^ k1,
            first & WORD,
        )
        k0, k1 = (k0 + 0x9E3779B9) & WORD, (k1 + 0xBB67AE85) & WORD
    return c0, c1, c2, c3


def draw_masks(sites, key, step):
    """Masks of all sites by name; one site is {name, shape, threshold, keep, words}."""
    groups = [-(-math.prod(site["shape"]) // 32) for site in sites]  # 4 counters make 32 elements
    counters = [torch.arange(4 * count, device=DEVICE) for count in groups]
    sizes = torch.tensor([4 * count for count in groups], device=DEVICE)
    word = lambda at: torch.tensor([site["words"][at] for site in sites], device=DEVICE).repeat_interleave(sizes)
    words = philox(torch.cat(counters), step, word(0), word(1), key[0], key[1])
    # Within 32 elements: word, then counter, then low before high half.
    halves = torch.stack([torch.stack([w & 0xFFFF, w >> 16], -1).reshape(-1, 8) for w in words], 1).reshape(-1)
    masks = {}
    for site, part in zip(sites, halves.split([32 * count for count in groups])):
        kept = (part[: math.prod(site["shape"])] >= site["threshold"]).to(torch.float32)
        masks[site["name"]] = kept.mul_(site["keep"]).reshape(site["shape"])
    return masks


# Parameters and the optimiser


class Training:
    """The parameters of a model in flat groups, as relata keeps them, with gradients and AdamW's moments."""

    def __init__(self, header):
        self.groups = header["groups"]
        flat = lambda: [torch.zeros(group["length"], device=DEVICE) for group in self.groups]
        self.arrays = {"weights": flat(), "gradients": flat(), "firstMoments": flat(), "secondMoments": flat()}
        self.views = self._views("weights")
        self.gradients = Gradients(self._views("gradients"))
        self.programs = {}
        self.sites = {}
        used = [at for at, group in enumerate(self.groups) if group["length"] > 0]
        self.optimizer = torch.optim.AdamW(
            [{"params": [self.arrays["weights"][at]], "weight_decay": self.groups[at]["weightDecay"], "at": at} for at in used],
            lr=0.0,
            betas=(header["beta1"], header["beta2"]),
            eps=header["epsilon"],
            fused=True,
        )
        for at in used:
            weights = self.arrays["weights"][at]
            weights.grad = self.arrays["gradients"][at]
            self.optimizer.state[weights] = {
                "step": torch.zeros((), dtype=torch.float32, device=DEVICE),
                "exp_avg": self.arrays["firstMoments"][at],
                "exp_avg_sq": self.arrays["secondMoments"][at],
            }

    def _views(self, array):
        views = {}
        for group, flat in zip(self.groups, self.arrays[array]):
            for entry in group["parameters"]:
                size = math.prod(entry["shape"])
                views[entry["name"]] = flat[entry["offset"] : entry["offset"] + size].view(entry["shape"])
        return views

    def program(self, header, tensors):
        constants = {int(name): value.clone() for name, value in tensors.items()}
        self.programs[header["name"]] = Program(header["listing"], constants, self.gradients, SETTINGS["compile"])

    def step(self, batches, first):
        """Runs this rank's micro-batches and adds up their gradients, after those before unless `first`; returns losses and terms."""
        if first:
            self.gradients.begin()
        results = []
        for batch in batches:
            inputs = batch["inputs"]
            if batch["sites"]:
                inputs = {**inputs, **draw_masks(batch["sites"], batch["key"], batch["step"])}
            made = self.programs[batch["program"]](inputs, self.views)
            self.gradients.fresh = False
            results.append((batch["index"], made))
        return [(index, {name: finite_or_text(value.item()) for name, value in made.items()}) for index, made in results]

    def norm(self):
        """Sums the gradients over the ranks; returns the norm of the sum."""
        if self.gradients.fresh:
            self.gradients.zero()  # this rank had no micro-batch
        if GROUP.size > 1:
            for flat in self.arrays["gradients"]:
                if flat.numel() > 0:
                    dist.all_reduce(flat)
            self.gradients.forget_rows()
        norms = [torch.linalg.vector_norm(flat, dtype=torch.float64) for flat in self.arrays["gradients"] if flat.numel() > 0]
        return torch.linalg.vector_norm(torch.stack(norms)).item()

    def update(self, header):
        for group in self.optimizer.param_groups:
            group["lr"] = header["learningRate"] * self.groups[group["at"]]["learningRateScale"]
            self.optimizer.state[group["params"][0]]["step"].fill_(header["step"] - 1)
        self.optimizer.grad_scale = torch.full((), 1 / header["gradientScale"], device=DEVICE)
        self.optimizer.found_inf = torch.zeros((), device=DEVICE)
        self.optimizer.step()


# Messages


class Channel:
    """The connection to relata."""

    def __init__(self, host, port, token):
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send({"kind": "hello", "token": token})

    def _read(self, count):
        data = bytearray(count)
        view = memoryview(data)
        done = 0
        while done < count:
            got = self.socket.recv_into(view[done:])
            if got == 0:
                raise EOFError
            done += got
        return data

    def receive(self):
        head, size = struct.unpack("<IQ", self._read(12))
        return json.loads(self._read(head)), self._read(size)

    def send(self, header, tensors=()):
        """Sends a header and tensors one after another; the header says where they are."""
        held = [tensor.detach().to("cpu").contiguous() for tensor in tensors]
        text = json.dumps(header).encode()
        size = sum(tensor.numel() * tensor.element_size() for tensor in held)
        self.socket.sendall(struct.pack("<IQ", len(text), size) + text)
        for tensor in held:
            count = tensor.numel() * tensor.element_size()
            if count > 0:
                self.socket.sendall((ctypes.c_char * count).from_address(tensor.data_ptr()))


def tensors_of(entries, payload, begin=0):
    """Tensors by name from [name, dtype, shape, offset] entries."""
    tensors = {}
    for name, dtype, shape, offset in entries:
        count = math.prod(shape)
        made = (
            torch.frombuffer(payload, dtype=DTYPES[dtype], count=count, offset=offset - begin).reshape(shape)
            if count > 0
            else torch.empty(shape, dtype=DTYPES[dtype])
        )
        tensors[name] = made.to(DEVICE)
    return tensors


class Group:
    """The ranks of this run. Control messages go over gloo, whatever the gradients go over."""

    def __init__(self, device):
        self.rank = int(os.environ.get("RANK", 0))
        self.size = int(os.environ.get("WORLD_SIZE", 1))
        self.control = None
        if self.size == 1:
            return
        patience = timedelta(days=30)  # the other ranks wait while relata evaluates; a lost rank is noticed at once
        if device.type == "cuda":
            dist.init_process_group("nccl", device_id=device)
            self.control = dist.new_group(backend="gloo", timeout=patience)
        else:
            dist.init_process_group("gloo", timeout=patience)
            self.control = dist.group.WORLD

    def share(self, message):
        """Hands rank 0's message to all ranks; `ranges` says which bytes each rank needs, otherwise all need all."""
        if self.size == 1:
            return message
        header, payload = message if self.rank == 0 else (None, None)
        box = [header, 0 if payload is None else len(payload)]
        dist.broadcast_object_list(box, src=0, group=self.control)
        header, size = box
        ranges = header.get("ranges")
        if ranges is None:
            if size > 0:
                payload = payload if self.rank == 0 else bytearray(size)
                dist.broadcast(torch.frombuffer(payload, dtype=torch.uint8), src=0, group=self.control)
            return header, payload
        if self.rank == 0:
            for rank, (begin, end) in list(enumerate(ranges))[1:]:
                if end > begin:
                    part = torch.frombuffer(payload, dtype=torch.uint8, count=end - begin, offset=begin)
                    dist.send(part, dst=rank, group=self.control)
            begin, end = ranges[0]
            return header, memoryview(payload)[begin:end]
        begin, end = ranges[self.rank]
        payload = bytearray(end - begin)
        if end > begin:
            dist.recv(torch.frombuffer(payload, dtype=torch.uint8), src=0, group=self.control)
        return header, payload

    def gather(self, value):
        """All ranks' values, on rank 0."""
        if self.size == 1:
            return [value]
        gathered = [None] * self.size if self.rank == 0 else None
        dist.gather_object(value, gathered, dst=0, group=self.control)
        return gathered


class Worker:
    """Answers relata's messages; every rank runs every message, and rank 0 answers."""

    def __init__(self, channel):
        self.channel = channel
        self.training = None

    def answer(self, header, tensors=()):
        if self.channel is not None:
            self.channel.send(header, tensors)

    def serve(self):
        self.answer(
            {
                "kind": "ready",
                "torch": torch.__version__,
                "python": platform.python_version(),
                "world": GROUP.size,
                "device": torch.cuda.get_device_name(DEVICE) if DEVICE.type == "cuda" else "cpu",
                "threads": torch.get_num_threads(),
                "operators": sorted(OPERATORS),
            }
        )
        while True:
            header, payload = GROUP.share(self.channel.receive() if self.channel is not None else None)
            if header["kind"] == "end":
                return
            getattr(self, "on_" + header["kind"])(header, payload)

    def on_settings(self, header, _):
        set_precision(header["precision"])
        SETTINGS.update(header)
        self.answer({"kind": "done"})

    def on_parameters(self, header, _):
        self.training = Training(header)
        self.answer({"kind": "done"})

    def on_load(self, header, payload):
        part = torch.frombuffer(payload, dtype=torch.float32)
        flat = self.training.arrays[header["array"]][header["group"]]
        flat[header["offset"] : header["offset"] + part.numel()].copy_(part)

    def on_loaded(self, _, __):
        self.answer({"kind": "done"})

    def on_program(self, header, payload):
        self.training.program(header, tensors_of(header["tensors"], payload))
        self.answer({"kind": "done"})

    def on_step(self, header, payload):
        begin = header["ranges"][GROUP.rank][0]
        mine = [
            {**batch, "inputs": tensors_of(batch["tensors"], payload, begin)}
            for batch in header["batches"]
            if batch["rank"] == GROUP.rank
        ]
        results = GROUP.gather(self.training.step(mine, header["first"]))
        if self.channel is not None:
            self.answer({"kind": "losses", "results": sorted(sum(results, []), key=lambda result: result[0])})

    def on_norm(self, _, __):
        self.answer({"kind": "norm", "norm": finite_or_text(self.training.norm())})

    def on_update(self, header, _):
        self.training.update(header)
        self.answer({"kind": "done"})

    def on_fetch(self, header, _):
        if self.channel is None:
            return
        for array in header["arrays"]:
            for group, flat in enumerate(self.training.arrays[array]):
                for offset in range(0, flat.numel(), header["chunk"]):
                    part = flat[offset : offset + header["chunk"]]
                    self.answer({"kind": "part", "array": array, "group": group, "offset": offset}, [part])
        self.answer({"kind": "done"})

    def on_run(self, header, payload):
        """Runs a graph once and returns all its outputs."""
        tensors = tensors_of(header["tensors"], payload)
        constants = {int(name[1:]): value for name, value in tensors.items() if name.startswith("#")}
        made = Program(header["listing"], constants, compiled=SETTINGS["compile"])(tensors, tensors)
        outputs = [[name, DTYPE_NAMES[value.dtype], list(value.shape)] for name, value in made.items()]
        self.answer({"kind": "outputs", "tensors": outputs}, list(made.values()))


def finite_or_text(number):
    """JSON has no infinity; the text is JavaScript's."""
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def set_precision(precision):
    """fp32: float32 throughout. tf32: products of float32 on tensor cores with 10 bits. bf16: factors of products rounded to 8 bits."""
    global BF16_PRODUCTS
    BF16_PRODUCTS = precision == "bf16"
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"


SETTINGS = {"compile": False}
DEVICE = torch.device("cpu")
GROUP = None


def report(folder, rank, error):
    """Leaves the last words of this rank where relata looks for them."""
    lost_peer = isinstance(error, RuntimeError) and any(
        word in str(error) for word in ("gloo", "Gloo", "NCCL", "Connection", "connection")
    )
    words = {
        "rank": rank,
        "because": "peer" if lost_peer else "own",
        "error": type(error).__name__,
        "message": str(error),
        "traceback": traceback.format_exc(),
    }
    path = os.path.join(folder, "rank-%d.json" % rank)
    with open(path + ".tmp", "w") as file:
        json.dump(words, file)
    os.replace(path + ".tmp", path)
    if lost_peer:
        time.sleep(5)  # the launcher should see first the rank that was lost, and then ends this one


def main():
    global DEVICE, GROUP
    start = json.loads(os.environ["RELATA_TORCH"])
    rank = int(os.environ.get("RANK", 0))
    torch.set_grad_enabled(False)
    try:
        if start["device"] == "cuda":
            count = torch.cuda.device_count() if torch.cuda.is_available() else 0
            local = int(os.environ.get("LOCAL_RANK", 0))
            if local >= count:
                raise LookupError("no CUDA device %d: torch %s sees %d" % (local, torch.__version__, count))
            DEVICE = torch.device("cuda", local)
            torch.cuda.set_device(DEVICE)
            torch.use_deterministic_algorithms(True)
        else:
            torch.set_num_threads(start["threads"])
        GROUP = Group(DEVICE)
        channel = Channel(start["host"], start["port"], start["token"]) if rank == 0 else None
        Worker(channel).serve()
        if GROUP.size > 1:
            dist.destroy_process_group()
    except EOFError:
        sys.exit(3)  # relata has ended
    except BaseException as error:
        report(start["folder"], rank, error)
        raise


if __name__ == "__main__":
    main()
