"""How values of numpy, pandas, polars, torch and pydantic are written; a value of theirs proves them loaded."""


def _numpy_scalar(s, value):
    if value.dtype.kind in "mM":  # .item() of nanoseconds is a bare integer
        return _numpy_time(s, value)
    plain = value.item()
    return s.value(float(plain) if type(plain) is type(value) else plain)


def _numpy_time(s, value):
    if value != value:
        return None  # NaT
    if value.dtype.kind == "M":
        return str(value)
    return s.value(value.astype("timedelta64[us]").item())


def _ndarray(s, value):
    if value.dtype.kind in "mM":
        return [s.value(part) for part in value] if value.ndim else _numpy_time(s, value[()])
    return s.value(value.tolist())


def _frame(s, value):
    # A named index holds data (what groupby grouped by); an unnamed one only counts.
    if any(name is not None for name in value.index.names):
        value = value.reset_index()
    return s.value(value.to_dict(orient="records"))


def _series(s, value):
    if type(value.index).__name__ == "RangeIndex":
        return s.value(value.tolist())
    return s.mapping(value.items())


def _list(s, value):
    return s.value(value.tolist())


def _null(s, value):
    return None


def _string(s, value):
    return str(value)


FOREIGN = {
    ("numpy", "generic"): _numpy_scalar,
    ("numpy", "ndarray"): _ndarray,
    ("pandas", "DataFrame"): _frame,
    ("pandas", "Series"): _series,
    ("pandas", "Index"): _list,
    ("pandas", "ExtensionArray"): _list,
    ("pandas", "NaTType"): _null,
    ("pandas", "NAType"): _null,
    ("pandas", "Period"): _string,
    ("pandas", "_Period"): _string,
    ("pandas", "Interval"): _string,
    ("polars", "DataFrame"): lambda s, value: s.value(value.to_dicts()),
    ("polars", "Series"): lambda s, value: s.value(value.to_list()),
    ("torch", "Tensor"): _list,
    ("pydantic", "_BaseUrl"): _string,
    ("pydantic", "_SecretBase"): _string,
    ("pydantic_core", "Url"): _string,
}
