"""Content types and file names: a small table, so that a call needn't read the system's."""

_TYPES = {
    "txt": "text/plain",
    "html": "text/html",
    "css": "text/css",
    "csv": "text/csv",
    "md": "text/markdown",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "toml": "application/toml",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "gz": "application/gzip",
    "tar": "application/x-tar",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "tiff": "image/tiff",
    "bmp": "image/bmp",
    "ico": "image/vnd.microsoft.icon",
    "mp3": "audio/mpeg",
    "wav": "audio/x-wav",
    "ogg": "audio/ogg",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "eml": "message/rfc822",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "epub": "application/epub+zip",
    "sqlite": "application/vnd.sqlite3",
    "parquet": "application/vnd.apache.parquet",
    "wasm": "application/wasm",
}


def content_type_of(name):
    """The content type that a file's name tells; `application/octet-stream` where it tells none."""
    suffix = name.rpartition(".")[2].lower()
    return _TYPES.get(suffix, "application/octet-stream") if "." in name else "application/octet-stream"


def file_name(stem, content_type):
    """A file name for a content type: `chart` and `image/png` make `chart.png`."""
    bare = content_type.partition(";")[0].strip().lower()
    suffix = next((suffix for suffix, known in _TYPES.items() if known == bare), "bin")
    return "%s.%s" % (stem, suffix)
