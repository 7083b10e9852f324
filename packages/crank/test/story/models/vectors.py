"""Writes vectors.json: what other programs say of the same files, for models.test.ts to compare with.

Needs magika 1.0.3, and silero-vad 6.2.3's silero_vad.onnx, numpy and onnxruntime. `python3 vectors.py silero_vad.onnx`. magika's own
client reads bytes as its authors mean it; speech is told by the streaming export of the same network, fed window by window with
its state, as the package's utils_vad.py does, where the service runs the export for whole sequences.
"""

import json
import os
import sys
import wave

import numpy
import onnxruntime
from magika import Magika

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, *[os.pardir] * 5, "examples", "data")

magika = Magika()
kinds = {}
for name in sorted(os.listdir(DATA)):
    with open(os.path.join(DATA, name), "rb") as file:
        said = magika.identify_bytes(file.read()).prediction
    kinds[name] = {"label": str(said.dl.label), "score": said.score}

session = onnxruntime.InferenceSession(sys.argv[1])
with wave.open(os.path.join(HERE, "speech.wav")) as sound:
    samples = numpy.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(numpy.float32) / 32768
samples = numpy.pad(samples, (0, -len(samples) % 512))
state, context, scores = numpy.zeros((2, 1, 128), numpy.float32), numpy.zeros((1, 64), numpy.float32), []
for window in samples.reshape(-1, 1, 512):
    row = numpy.concatenate([context, window], axis=1)
    score, state = session.run(None, {"input": row, "state": state, "sr": numpy.array(16000, numpy.int64)})
    context = row[:, -64:]
    scores.append(float(score[0, 0]))

with open(os.path.join(HERE, "vectors.json"), "w") as file:
    json.dump({"kinds": kinds, "speech": scores}, file, indent=1)
    file.write("\n")
