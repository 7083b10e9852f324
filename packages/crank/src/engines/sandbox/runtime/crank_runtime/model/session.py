"""Opens a model with onnxruntime: one thread, on the CPU."""

import os

from ..errors import InvalidInput, LoadError, finding
from . import onnxfile
from .tensors import ELEMENTS, Tensor

_NO_MEMORY = ("Failed to allocate memory", "bad_alloc")
_EXPORT = "Export it with all of its weights in the one file (onnx.save(model, path) without external data)."


class Model:
    """A model's inputs (name -> Tensor), its outputs (name -> (element type, shape)), and a way to run it.

    The session that is made at the start has no threads of its own, so that processes that are copied from this one have
    it whole. With `threads`, each process makes another when it first runs: worth its time where it is `warm`.
    """

    def __init__(self, data, session, threads):
        self._data = data if threads > 1 else None
        self._threads = threads
        self._session = session
        self.inputs = {one.name: one for one in session.get_inputs()}
        self.outputs = {one.name: (one.type, one.shape) for one in session.get_outputs()}

    def decoders(self):
        """(Tensors by name, what is wrong with those that JSON cannot carry)."""
        known, wrong = {}, []
        for name, one in self.inputs.items():
            if one.type in ELEMENTS:
                known[name] = Tensor(name, one.type, one.shape)
            else:
                wrong.append("the input %s is a %s, which JSON cannot carry" % (name[:100], one.type[:100]))
        return known, wrong

    def run(self, feeds, outputs=None):
        """The outputs as a dict of arrays. Raises InvalidInput where they do not go together."""
        import onnxruntime

        if self._data is not None:
            self._session, self._data = _open(self._data, self._threads), None
        names = list(outputs or self.outputs)
        _agree(self.inputs, feeds)
        try:
            return dict(zip(names, self._session.run(names, feeds)))
        except onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument as error:
            raise InvalidInput("the model takes no such input: %s" % _said(error)) from None
        except Exception as error:  # onnxruntime has no class of its own for this
            if any(words in str(error) for words in _NO_MEMORY):
                raise MemoryError from None
            raise


def _agree(inputs, feeds):
    """Sizes with one name are one size."""
    sizes = {}
    for name, one in inputs.items():
        for wanted, given in zip(one.shape, getattr(feeds.get(name), "shape", ())):
            if isinstance(wanted, str) and not wanted.startswith("unk__"):
                before = sizes.setdefault(wanted, given)
                if before != given:
                    wrong = InvalidInput("its size %s is %d, and elsewhere it is %d" % (wanted[:40], given, before))
                    raise wrong.within(name)


def open_model(code_dir, entry, threads):
    """A Model. Raises LoadError with what is wrong with the file."""

    def refuse(message, fix):
        return LoadError([finding("error", entry, message, fix)])

    try:
        with open(os.path.join(code_dir, entry), "rb") as file:
            data = file.read()
    except OSError as error:
        raise refuse("cannot be read: %s" % error.strerror, "Deploy the file with the service.") from None
    try:
        about = onnxfile.read(data)
    except onnxfile.Malformed as error:
        raise refuse("is no ONNX model: it %s" % error, "Hand in a file that onnx.checker takes.") from None
    if about.external:
        raise refuse("keeps weights in other files (%s)" % ", ".join(about.external[:5]), _EXPORT)
    if about.foreign:
        fix = "Export it with operators of ONNX only (opsets ai.onnx, ai.onnx.ml)."
        raise refuse("needs custom operators (%s); none can be added" % ", ".join(about.foreign[:5]), fix)
    try:
        import onnxruntime
    except ImportError as error:
        fix = "Leave `requirements` out of the manifest, or name onnxruntime among them."
        raise refuse("onnxruntime is not installed: %s" % error, fix) from None
    try:
        session = _open(data, 1)
    except Exception as error:  # a class of onnxruntime's for each of its statuses
        fix = "Look at it with onnx.checker; this is onnxruntime %s." % onnxruntime.__version__
        raise refuse("onnxruntime does not load it: %s" % _said(error), fix) from None
    for one in session.get_inputs():
        if len(one.shape) > 16:
            raise refuse("the input %s has %d dimensions" % (one.name[:100], len(one.shape)), "Use fewer than 17.")
    return Model(data, session, threads)


def _open(data, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Custom operators are shared libraries that a session loads: none is named, and the file can name none.
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _said(error):
    return " ".join(str(error).split())[:600]
