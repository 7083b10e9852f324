"""What a model gives, made into what callers want: labels, a number, a vector, segments of sound.

Each is made from the manifest's `gives` and the model, raises Unfit, and has `outputs` (the names that are computed), `schema()`
and `read(results, preparation)`, which gives a plain value.
"""

from .prepare import OfAudio, Unfit, file_within

_NUMBER = {"type": "number"}
_SCORES = ("tensor(float)", "tensor(double)", "tensor(float16)")


def interpretation(gives, model, preparation, code_dir):
    """The one that `gives` names; None where the caller gets the tensors themselves."""
    if not gives:
        return None
    (kind, given), *_ = gives.items()
    return _KINDS[kind](given, model, preparation, code_dir)


def _output(given, model):
    scores = (n for n, (kind, _) in model.outputs.items() if kind.startswith("seq(map") or kind in _SCORES)
    name = given.get("tensor") or next(scores, None) or next(iter(model.outputs))
    if name not in model.outputs:
        raise Unfit("it has no output %s; it has %s" % (name, ", ".join(list(model.outputs)[:10])))
    return name


def _activated(values, activation):
    import numpy

    values = values.astype(numpy.float64)
    if activation == "softmax":
        raised = numpy.exp(values - values.max())
        return raised / raised.sum()
    if activation == "sigmoid":
        return 1 / (1 + numpy.exp(-values))
    return values


class Labels:
    """Scores with names: the best, the best few, and none below a threshold; or, with `multiple`, all that reach it."""

    def __init__(self, given, model, preparation, code_dir):
        name = _output(given, model)
        self.outputs = [name]
        self._activation, self._top = given.get("activation", "none"), given.get("top", 1)
        self._threshold, self._multiple = given.get("threshold"), given.get("multiple", False)
        kind, shape = model.outputs[name]
        names = given.get("names")
        if isinstance(names, str):
            names = _names(file_within(code_dir, names), names)
        width = shape[-1] if shape else None
        if isinstance(width, int) and kind.startswith("tensor") and names is not None and width != len(names):
            raise Unfit("there are %d names for the %d scores of %s" % (len(names), width, name))
        if names is None and kind.startswith("tensor") and not isinstance(width, int):
            raise Unfit("`names` must name what the scores of %s are of" % name)
        self._names = names if names is not None else [str(at) for at in range(width if isinstance(width, int) else 0)]

    def schema(self):
        scored = {"type": "object", "properties": {"label": {"type": "string"}, "score": _NUMBER}}
        scored["required"] = ["label", "score"]
        several = {"type": "array", "items": scored}
        if self._multiple:
            return {"type": "object", "properties": {"labels": several}, "required": ["labels"]}
        properties = {"label": {"type": ["string", "null"]}, "score": _NUMBER, "top": several}
        return {"type": "object", "properties": properties, "required": list(properties)}

    def read(self, results, preparation):
        found = results[self.outputs[0]]
        if isinstance(found, list):  # a classifier's map from label to score, one for each row
            row = {str(label): float(score) for label, score in found[0].items()}
            scores = list(row.values())
            names = list(row)
        else:
            scores = _activated(found.reshape(-1), self._activation).tolist()
            names = self._names
            if len(scores) != len(names):
                raise ValueError("the model gave %d scores for %d labels" % (len(scores), len(names)))
        ranked = sorted(({"label": n, "score": s} for n, s in zip(names, scores)), key=lambda one: -one["score"])
        if self._multiple:
            limit = 0.5 if self._threshold is None else self._threshold
            return {"labels": [one for one in ranked if one["score"] >= limit]}
        best = ranked[0]
        sure = self._threshold is None or best["score"] >= self._threshold
        return {"label": best["label"] if sure else None, "score": best["score"], "top": ranked[: self._top]}


def _names(data, path):
    import json

    try:
        text = data.decode("utf-8-sig")
        names = json.loads(text) if path.endswith(".json") else text.splitlines()
    except ValueError:
        raise Unfit("%s is no list of names" % path) from None
    if isinstance(names, dict) and all(str(at) in names for at in range(len(names))):
        names = [names[str(at)] for at in range(len(names))]  # id2label of Hugging Face
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise Unfit("%s is no list of names: a line each, or a JSON array of strings" % path)
    return names


class Value:
    """One number."""

    def __init__(self, given, model, preparation, code_dir):
        self.outputs = [_output(given, model)]
        self._activation = given.get("activation", "none")

    def schema(self):
        return _NUMBER

    def read(self, results, preparation):
        values = results[self.outputs[0]].reshape(-1)
        if len(values) != 1:
            raise ValueError("the model gave %d numbers where one is declared" % len(values))
        return float(_activated(values, self._activation)[0])


class Vector:
    """A list of numbers, such as an embedding: of a row, or of what is averaged over a row's tokens."""

    def __init__(self, given, model, preparation, code_dir):
        name = _output(given, model)
        self.outputs = [name]
        self._pool, self._normalise = given.get("pool", "none"), given.get("normalise", False)
        rank = len(model.outputs[name][1])
        if rank != (2 if self._pool == "none" else 3):
            raise Unfit("its output %s has %d dimensions; pool: %s wants another" % (name, rank, self._pool))

    def schema(self):
        return {"type": "array", "items": _NUMBER}

    def read(self, results, preparation):
        import numpy

        found = results[self.outputs[0]][0].astype(numpy.float64)
        if self._pool == "first":
            found = found[0]
        elif self._pool == "mean":
            mask = results.get("attention_mask")
            weights = numpy.ones(len(found)) if mask is None else mask[0].astype(numpy.float64)
            found = (found * weights[:, None]).sum(axis=0) / max(weights.sum(), 1e-9)
        norm = float(numpy.linalg.norm(found)) if self._normalise else 0
        return (found / norm if norm else found).tolist()


class Segments:
    """For sound: the score of each window, and from when to when windows in a row reach a threshold, in seconds."""

    def __init__(self, given, model, preparation, code_dir):
        if not isinstance(preparation, OfAudio):
            raise Unfit("segments are made of windows of sound: they want `takes: {audio: ...}`")
        self.outputs = [_output(given, model)]
        self._threshold, self._gap = given.get("threshold", 0.5), given.get("gap", 0)

    def schema(self):
        part = {"type": "object", "properties": {"start": _NUMBER, "end": _NUMBER}, "required": ["start", "end"]}
        properties = {"scores": {"type": "array", "items": _NUMBER}, "segments": {"type": "array", "items": part}}
        return {"type": "object", "properties": properties, "required": list(properties)}

    def read(self, results, preparation):
        scores = [float(score) for score in results[self.outputs[0]].reshape(-1)]
        step = preparation.window / preparation.rate
        segments = []
        for at, score in enumerate(scores):
            if score < self._threshold:
                continue
            start, end = round(at * step, 6), round((at + 1) * step, 6)
            if segments and start - segments[-1]["end"] <= self._gap:
                segments[-1]["end"] = end
            else:
                segments.append({"start": start, "end": end})
        return {"scores": scores, "segments": segments}


_KINDS = {"labels": Labels, "value": Value, "vector": Vector, "segments": Segments}
