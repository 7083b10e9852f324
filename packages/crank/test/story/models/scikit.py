"""Writes iris.onnx and spam.onnx, exports of classifiers of scikit-learn, and prints what scikit-learn says of what
models.test.ts asks. Needs scikit-learn and skl2onnx."""

import os

import numpy
from skl2onnx import to_onnx
from skl2onnx.common.data_types import StringTensorType
from sklearn.datasets import load_iris
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, model):
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(model.SerializeToString())


flowers, kinds = load_iris(return_X_y=True)
iris = LogisticRegression(max_iter=500).fit(flowers, numpy.array(["setosa", "versicolor", "virginica"])[kinds])
write("iris.onnx", to_onnx(iris, flowers[:1].astype(numpy.float32)))
print(flowers[77].tolist(), iris.classes_.tolist(), iris.predict_proba(flowers[77:78]).tolist())

texts = ["free money now", "meeting at noon", "win a prize", "lunch tomorrow?"]
spam = make_pipeline(TfidfVectorizer(lowercase=False), LogisticRegression()).fit(texts, ["spam", "ham", "spam", "ham"])
write("spam.onnx", to_onnx(spam, initial_types=[("text", StringTensorType([None]))]))
print(spam.classes_.tolist(), spam.predict_proba(["win money"]).tolist())
