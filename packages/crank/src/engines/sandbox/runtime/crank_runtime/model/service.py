"""A model as a service: `predict`, which takes and gives tensors, or the operations that its manifest declares."""

import json
import os

from ..decoder import Decoder
from ..errors import InvalidInput, LoadError, finding
from ..operations import Operation
from ..service import Service
from ..signature import KEYWORD, Parameter, Signature
from .interpret import interpretation
from .prepare import Unfit, preparation
from .session import open_model
from .tensors import ELEMENTS, Result, Tensor, shown, spoken

#: Where packaging puts what the manifest says of the model.
SPECIFICATION = ".crank/model.json"


class Given(Decoder):
    """A result whose schema is known."""

    def __init__(self, schema):
        self._schema = schema

    def schema(self, defs):
        return self._schema


class ModelService(Service):
    """The operations of a model. `description`: what the file says of itself."""

    def __init__(self, code_dir, entry, operations, description):
        super().__init__(code_dir, entry, None, operations, [])
        self._description = description

    def describe(self):
        described = [operation.describe() for operation in self.operations.values()]
        return {"description": self._description, "operations": described, "findings": self._findings}


def load(code_dir, entry):
    """A ModelService. Raises LoadError."""
    try:
        with open(os.path.join(code_dir, SPECIFICATION), encoding="utf-8") as file:
            said = json.load(file)
    except OSError:
        said = {}
    model = open_model(code_dir, entry, said.get("threads", 1))
    tensors, wrong = model.decoders()
    operations = {}
    for name, one in (said.get("operations") or {"predict": {}}).items():
        try:
            operations[name] = _operation(name, one, model, tensors, wrong, code_dir)
        except Unfit as error:
            fix = "Change `model` in the manifest, or the model. Inputs: %s; outputs: %s." % _about(model)
            raise LoadError([finding("error", entry, "%s: %s" % (name, error), fix)]) from None
    return ModelService(code_dir, entry, operations, _description(model))


def _operation(name, said, model, tensors, wrong, code_dir):
    if wrong:
        raise Unfit(wrong[0])
    constants = _constants(said.get("constants", {}), tensors)
    open_ones = {n: tensor for n, tensor in tensors.items() if n not in constants}
    given = preparation(said.get("takes"), open_ones, code_dir)
    read = interpretation(said.get("gives"), model, given, code_dir)
    operation = Operation()
    operation.name = name
    operation.description = said.get("description", "") or _default_description(given, read)
    operation.line = None
    operation.result, operation.content_type = "json", None
    operation.is_async = operation.counts = operation.by_repr = operation.shown = False
    operation.secrets = None
    operation.workspaces = None
    parameters = given.parameters if given is not None else [(n, tensor, "") for n, tensor in open_ones.items()]
    made = [Parameter(n, KEYWORD, decoder, True, None, False, about or None) for n, decoder, about in parameters]
    operation.signature = Signature(made, frozenset(), None)
    operation.returns = Given(read.schema()) if read is not None else Given(_outputs(model))
    _demand_all_fed(given, open_ones)

    def run(**arguments):
        feeds = given.feeds(arguments) if given is not None else arguments
        results = model.run({**_grown(constants, feeds, model), **feeds}, read and read.outputs)
        return results if read is None else read.read({**feeds, **results}, given)

    operation.function = run
    return operation


def _demand_all_fed(given, tensors):
    """Every input is filled by someone."""
    if given is None:
        return
    filled = list(vars(given).values())
    filled += [tensor for inner in filled if isinstance(inner, dict) for tensor in inner.values()]
    names = {tensor.name for tensor in filled if isinstance(tensor, Tensor)}
    left = [name for name in tensors if name not in names]
    if left:
        raise Unfit("nobody fills its inputs %s: give them `constants`" % ", ".join(left[:10]))


def _constants(said, tensors):
    """Arrays by input name. A number stands for all of an input's elements."""
    made = {}
    for name, value in said.items():
        if name not in tensors:
            raise Unfit("constants: it has no input %s" % name)
        tensor = tensors[name]
        try:
            if isinstance(value, list) or not tensor.shape:
                made[name] = tensor.decode(value)
            else:
                import numpy

                shape = [size if isinstance(size, int) else 1 for size in tensor.shape]
                made[name] = tensor.fit(numpy.full(shape, value, "object" if isinstance(value, str) else None))
        except InvalidInput as error:
            raise Unfit("constants: %s: %s" % (name, error.message)) from None
    return made


def _grown(constants, feeds, model):
    """Constants whose sizes of a name are as large as those of what is fed."""
    if not constants:
        return constants
    import numpy

    sizes = {}
    for name, array in feeds.items():
        for wanted, size in zip(model.inputs[name].shape, array.shape):
            if isinstance(wanted, str):
                sizes[wanted] = size
    grown = {}
    for name, array in constants.items():
        wanted = [sizes.get(size, have) if have == 1 else have for size, have in zip(model.inputs[name].shape, array.shape)]
        grown[name] = array if list(array.shape) == wanted else numpy.ascontiguousarray(numpy.broadcast_to(array, wanted))
    return grown


def _outputs(model):
    properties = {name: Result(kind, shape).schema(None) for name, (kind, shape) in model.outputs.items()}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _default_description(given, read):
    if given is None and read is None:
        return "The model's outputs for its inputs."
    return ""


def _description(model):
    return "An ONNX model: %s -> %s." % _about(model)


def _about(model):
    def of(kind):
        return spoken(ELEMENTS.get(kind, kind))

    inward = ["%s %s %s" % (n[:60], of(one.type), shown(one.shape)) for n, one in model.inputs.items()]
    outward = ["%s %s" % (n[:60], of(kind)) for n, (kind, _) in model.outputs.items()]
    return ", ".join(inward)[:1000], ", ".join(outward)[:1000]
