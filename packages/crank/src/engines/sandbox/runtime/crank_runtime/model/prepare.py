"""What callers have, made into a model's inputs: bytes, text, a picture, sound, named features.

Each of these is made from the manifest's `takes` (engines/packaging/model-manifest.ts has checked its form) and the model,
raises Unfit where the two do not go together, and has `parameters` ((name, decoder, description)) and `feeds(arguments)`, which
gives arrays by input name.
"""

import os
import re
import zlib

from ..decoder import Decoder
from ..errors import InvalidInput
from ..files import Bytes
from ..scalars import Bool, Float, Int, Str

_PIXELS = 100_000_000
_SECONDS = 3600


class Unfit(Exception):
    """The manifest asks for what the model cannot do. The message says what."""


def preparation(takes, tensors, code_dir):
    """The one that `takes` names; None where the caller gives the tensors themselves."""
    if not takes:
        return None
    (kind, given), *_ = takes.items()
    return _KINDS[kind](given, tensors, code_dir)


def _tensor(given, tensors, kinds):
    """The input that is meant: the one named, or the only one."""
    name = given.get("tensor") or (next(iter(tensors)) if len(tensors) == 1 else None)
    if name is None:
        raise Unfit("`tensor` must name one of its inputs: %s" % ", ".join(list(tensors)[:10]))
    if name not in tensors:
        raise Unfit("it has no input %s; it has %s" % (name, ", ".join(list(tensors)[:10])))
    if tensors[name].dtype.rstrip("0123456789") not in kinds:
        raise Unfit("its input %s is of %s" % (name, tensors[name].dtype))
    return tensors[name]


def file_within(code_dir, path):
    """The bytes of a file that the manifest names."""
    try:
        with open(os.path.join(code_dir, path), "rb") as file:
            return file.read()
    except OSError as error:
        raise Unfit("%s cannot be read: %s" % (path, error.strerror)) from None


class OfBytes:
    """The beginning and the end of a file, a number a byte, filled up with a number of its own."""

    def __init__(self, given, tensors, code_dir):
        self._tensor = _tensor(given, tensors, ("int", "uint", "float"))
        self._begin, self._end = given.get("begin", 0), given.get("end", 0)
        self._block, self._pad, self._strip = given.get("block", 0), given.get("pad", 0), given.get("strip", False)
        fixed = self._tensor.shape[-1] if self._tensor.shape else None
        if not self._begin and not self._end and isinstance(fixed, int):
            self._begin = fixed
        if len(self._tensor.shape) != 2 or self._begin + self._end == 0:
            raise Unfit("bytes want an input of the shape [any, length], and `begin` or `end` or both")
        if isinstance(fixed, int) and fixed != self._begin + self._end:
            raise Unfit("`begin` and `end` are %d together; its input has %d" % (self._begin + self._end, fixed))
        self.parameters = [("data", Bytes(), "A file, or bytes in base64.")]

    def feeds(self, arguments):
        import numpy

        data = arguments["data"]
        block = self._block or max(self._begin, self._end)
        head, tail = data[:block], data[-block:] if self._end else b""
        if self._strip:
            head, tail = head.lstrip(), tail.rstrip()
        row = numpy.full(self._begin + self._end, self._pad, numpy.int32)
        head, tail = head[: self._begin], tail[-self._end :] if self._end else b""
        row[: len(head)] = numpy.frombuffer(head, numpy.uint8)
        if tail:
            row[len(row) - len(tail) :] = numpy.frombuffer(tail, numpy.uint8)
        return {self._tensor.name: row[None].astype(self._tensor.dtype)}


class OfText:
    """Text: as it is (a string tensor), by a tokenizer (tokenizer.json of Hugging Face), or hashed words."""

    def __init__(self, given, tensors, code_dir):
        self.parameters = [("text", Str(), "The text.")]
        self._tokenizer = self._hashing = None
        if "tokenizer" in given:
            self._tokenise(given, tensors, code_dir)
        elif "hashing" in given:
            self._tensor = _tensor(given, tensors, ("float",))
            self._hashing = given["hashing"]
            size = self._tensor.shape[-1] if self._tensor.shape else None
            if len(self._tensor.shape) != 2 or size not in (self._hashing["size"], None) and isinstance(size, int):
                raise Unfit("hashing into %d numbers wants an input of the shape [any, that]" % self._hashing["size"])
        else:
            self._tensor = _tensor(given, tensors, ("object",))
            if len(self._tensor.shape) > 2:
                raise Unfit("text wants an input of the shape [any] or [any, 1]")

    def _tokenise(self, given, tensors, code_dir):
        data = file_within(code_dir, given["tokenizer"])
        try:
            from tokenizers import Tokenizer

            self._tokenizer = Tokenizer.from_buffer(data)
        except Exception as error:  # the library raises Exception itself
            raise Unfit("%s is no tokenizer: %s" % (given["tokenizer"], str(error)[:200])) from None
        name = given.get("tensor") or "input_ids"
        self._tensor = _tensor({"tensor": name}, tensors, ("int",))
        self._more = {n: tensors[n] for n in ("attention_mask", "token_type_ids") if n in tensors and n != name}
        fixed = self._tensor.shape[-1] if len(self._tensor.shape) == 2 else Ellipsis
        if fixed is Ellipsis:
            raise Unfit("token ids want an input of the shape [any, length]")
        length = fixed if isinstance(fixed, int) else given.get("length", 512)
        self._tokenizer.enable_truncation(max_length=length)
        if isinstance(fixed, int):
            pad = self._tokenizer.padding or {}
            names = {"pad_id": pad.get("pad_id", 0), "pad_token": pad.get("pad_token", "[PAD]")}
            self._tokenizer.enable_padding(length=length, **names)
        else:
            self._tokenizer.no_padding()

    def feeds(self, arguments):
        import numpy

        text, tensor = arguments["text"], self._tensor
        if self._tokenizer is not None:
            coded = self._tokenizer.encode(text)
            feeds = {tensor.name: numpy.array([coded.ids], tensor.dtype)}
            for name, other in self._more.items():
                part = coded.attention_mask if name == "attention_mask" else coded.type_ids
                feeds[name] = numpy.array([part], other.dtype)
            return feeds
        if self._hashing is not None:
            return {tensor.name: hashed(text, **self._hashing)[None].astype(tensor.dtype)}
        return {tensor.name: numpy.array([text], "object").reshape((1,) * len(tensor.shape))}


_WORD = re.compile(r"\w+")


def hashed(text, size, ngrams=(1,), lowercase=True, normalise=False):
    """How often each n-gram of words occurs: at the place that the CRC-32 of its UTF-8 gives, words joined by one space."""
    import numpy

    words = _WORD.findall(text.lower() if lowercase else text)
    row = numpy.zeros(size, numpy.float32)
    for length in ngrams:
        for at in range(len(words) - length + 1):
            row[zlib.crc32(" ".join(words[at : at + length]).encode()) % size] += 1
    norm = float(numpy.linalg.norm(row)) if normalise else 0
    return row / norm if norm else row


class OfImage:
    """A picture: decoded by Pillow, turned as its EXIF says, brought to size, scaled and laid out."""

    def __init__(self, given, tensors, code_dir):
        self._tensor = _tensor(given, tensors, ("float", "uint", "int"))
        shape = self._tensor.shape
        self._grey = given.get("channels") == "grey"
        count = 1 if self._grey else 3
        layout = given.get("layout") or ("nchw" if len(shape) == 4 and shape[1] in (1, 3) else "nhwc")
        if len(shape) != 4 or shape[1 if layout == "nchw" else 3] not in (count, None) and isinstance(
            shape[1 if layout == "nchw" else 3], int
        ):
            raise Unfit("an image with %d channels wants an input such as [any, %d, height, width]" % (count, count))
        self._first = layout == "nchw"
        height, width = shape[2:] if self._first else shape[1:3]
        self._height = given.get("height") or (height if isinstance(height, int) else None)
        self._width = given.get("width") or (width if isinstance(width, int) else None)
        if self._height is None or self._width is None:
            raise Unfit("`width` and `height` must say how large the picture is for it")
        for said, fixed in ((self._height, height), (self._width, width)):
            if isinstance(fixed, int) and fixed != said:
                raise Unfit("the picture is to be %d by %d; its input is not" % (self._width, self._height))
        self._bgr = given.get("channels") == "bgr"
        self._resize, self._scale = given.get("resize", "stretch"), given.get("scale", 1)
        self._mean, self._deviation = given.get("mean", [0]), given.get("deviation", [1])
        if len(self._mean) not in (1, count) or len(self._deviation) not in (1, count):
            raise Unfit("`mean` and `deviation` have one number, or one for each of %d channels" % count)
        try:
            import PIL.Image  # noqa: F401 - here once, so that no call pays for it
            import PIL.ImageOps  # noqa: F401
        except ImportError:
            raise Unfit("Pillow is not installed: name it among the `requirements`") from None
        self.parameters = [("image", Bytes(), "A picture (PNG, JPEG, WebP, GIF, TIFF, BMP), or its bytes in base64.")]

    def feeds(self, arguments):
        import io

        import numpy
        from PIL import Image, ImageOps

        Image.MAX_IMAGE_PIXELS = _PIXELS
        try:
            picture = Image.open(io.BytesIO(arguments["image"]))
            if picture.width * picture.height > _PIXELS:
                raise InvalidInput("the picture has more than %d pixels" % _PIXELS).within("image")
            picture = ImageOps.exif_transpose(picture).convert("L" if self._grey else "RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise InvalidInput("the file is no picture that Pillow reads: %s" % str(error)[:200]).within("image") from None
        size = (self._width, self._height)
        if self._resize == "cover":
            picture = ImageOps.fit(picture, size, Image.BILINEAR)
        elif self._resize == "contain":
            picture = ImageOps.pad(picture, size, Image.BILINEAR)
        else:
            picture = picture.resize(size, Image.BILINEAR)
        pixels = numpy.asarray(picture, numpy.float32).reshape(self._height, self._width, -1)
        if self._bgr:
            pixels = pixels[:, :, ::-1]
        pixels = (pixels * numpy.float32(self._scale) - numpy.float32(self._mean)) / numpy.float32(self._deviation)
        if self._first:
            pixels = pixels.transpose(2, 0, 1)
        return {self._tensor.name: numpy.ascontiguousarray(pixels[None]).astype(self._tensor.dtype)}


class OfAudio:
    """A WAV file (PCM of 8, 16 or 32 bits) as windows of samples from -1 to 1, each with some of what was before it."""

    def __init__(self, given, tensors, code_dir):
        self._tensor = _tensor(given, tensors, ("float",))
        self.rate, self.window, self._context = given["rate"], given["window"], given.get("context", 0)
        size = self._tensor.shape[-1] if len(self._tensor.shape) == 2 else Ellipsis
        if size is Ellipsis or isinstance(size, int) and size != self.window + self._context:
            raise Unfit("windows of %d samples want an input of the shape [any, that]" % (self.window + self._context))
        if isinstance(self._tensor.shape[0], int):
            raise Unfit("its input takes %d windows; it must take any number" % self._tensor.shape[0])
        self.parameters = [("audio", Bytes(), "A WAV file of %d Hz, or its bytes in base64." % self.rate)]

    def feeds(self, arguments):
        import numpy

        samples = self._samples(arguments["audio"])
        padded = numpy.zeros(self._context + -(-len(samples) // self.window) * self.window, numpy.float32)
        padded[self._context : self._context + len(samples)] = samples
        starts = range(0, len(padded) - self._context, self.window)
        rows = [padded[at : at + self._context + self.window] for at in starts]
        if not rows:
            raise InvalidInput("there is no sound in it").within("audio")
        return {self._tensor.name: numpy.stack(rows).astype(self._tensor.dtype)}

    def _samples(self, data):
        import io
        import wave

        import numpy

        try:
            with wave.open(io.BytesIO(data)) as sound:
                rate, width, channels = sound.getframerate(), sound.getsampwidth(), sound.getnchannels()
                frames = sound.readframes(min(sound.getnframes(), rate * _SECONDS))
        except (wave.Error, EOFError) as error:
            raise InvalidInput("the file is no WAV of PCM: %s" % error).within("audio") from None
        if rate != self.rate:
            raise InvalidInput("it has %d Hz; %d Hz are asked for" % (rate, self.rate)).within("audio")
        if width not in (1, 2, 4):
            raise InvalidInput("its samples have %d bits; 8, 16 or 32 are asked for" % (8 * width)).within("audio")
        kind = {1: numpy.uint8, 2: "<i2", 4: "<i4"}[width]
        whole = numpy.frombuffer(frames[: len(frames) // (width * channels) * width * channels], kind)
        samples = whole.astype(numpy.float32).reshape(-1, channels).mean(axis=1, dtype=numpy.float32)
        return (samples - 128) / 128 if width == 1 else samples / float(1 << (8 * width - 1))


class OfFeatures:
    """Named features: the columns of one input, in the order given; or, without `tensor`, an input each."""

    def __init__(self, given, tensors, code_dir):
        self._names = given["names"]
        self._one = None
        if "tensor" in given or not all(name in tensors for name in self._names):
            self._one = _tensor(given, tensors, ("float", "int", "uint", "bool", "object"))
            width = self._one.shape[-1] if len(self._one.shape) == 2 else Ellipsis
            if width is Ellipsis or isinstance(width, int) and width != len(self._names):
                raise Unfit("%d features want an input of the shape [any, %d]" % (len(self._names), len(self._names)))
        kinds = [self._one or tensors[name] for name in self._names]
        if any(len(tensor.shape) > 2 for tensor in kinds):
            raise Unfit("a feature wants an input of the shape [any, 1]")
        self._tensors = {} if self._one else {name: tensors[name] for name in self._names}
        self.parameters = [(name, _scalar(tensor), "") for name, tensor in zip(self._names, kinds)]

    def feeds(self, arguments):
        import numpy

        if self._one is not None:
            row = numpy.array([[arguments[name] for name in self._names]], _plain(self._one))
            return {self._one.name: self._one.fit(row)}
        feeds = {}
        for name, tensor in self._tensors.items():
            try:
                feeds[name] = tensor.fit(numpy.array(arguments[name], _plain(tensor)).reshape((1,) * len(tensor.shape)))
            except InvalidInput as error:
                raise error.within(name)
        return feeds


def _plain(tensor):
    return "object" if tensor.dtype == "object" else "float64" if tensor.dtype.startswith("float") else None


def _scalar(tensor) -> Decoder:
    plain = {"object": Str, "bool": Bool}.get(tensor.dtype)
    return plain() if plain else Float() if tensor.dtype.startswith("float") else Int()


_KINDS = {"bytes": OfBytes, "text": OfText, "image": OfImage, "audio": OfAudio, "features": OfFeatures}
