"""What a module evidently needs beyond the default limits, by what it uses: processes, memory, a network."""

import ast
import re

from .imports import dotted

# Calls that start processes. Ends in a dot: everything below it.
_PROCESSES = (
    *("subprocess.", "os.system", "os.popen", "os.fork", "os.forkpty", "os.spawn*", "os.posix_spawn*", "os.exec*"),
    *("multiprocessing.Process", "multiprocessing.Pool", "multiprocessing.Manager", "multiprocessing.get_context"),
    *("multiprocessing.pool.Pool", "multiprocessing.context.", "multiprocessing.managers.", "pty.spawn", "pty.fork"),
    *("concurrent.futures.ProcessPoolExecutor", "concurrent.futures.process.", "asyncio.create_subprocess_exec"),
    *("asyncio.create_subprocess_shell", "asyncio.subprocess.", "commands.", "pipes.Template"),
)
_NOT_PROCESSES = {
    *("subprocess.CalledProcessError", "subprocess.TimeoutExpired", "subprocess.PIPE", "subprocess.STDOUT"),
    *("subprocess.DEVNULL", "subprocess.CompletedProcess", "subprocess.SubprocessError", "subprocess.list2cmdline"),
}
# What they stand on (named semaphores in /dev/shm) is not there in a sandbox.
_SHARED = (
    *("multiprocessing.Pool", "multiprocessing.Queue", "multiprocessing.Lock", "multiprocessing.RLock"),
    *("multiprocessing.Semaphore", "multiprocessing.Event", "multiprocessing.Condition", "multiprocessing.Barrier"),
    *("multiprocessing.Value", "multiprocessing.Array", "multiprocessing.JoinableQueue", "multiprocessing.pool.Pool"),
    *("multiprocessing.shared_memory.", "concurrent.futures.ProcessPoolExecutor", "concurrent.futures.process."),
)
# Libraries that do nothing without starting a program.
_STARTERS = frozenset(
    "sh plumbum pexpect git fabric invoke delegator pytesseract pdf2image pydub ffmpeg ffmpy graphviz pypandoc pdfkit "
    "imgkit moviepy selenium playwright tabula camelot wand nmap pathos".split()
)
_NETWORK = (
    *("urllib.request.", "http.client.", "smtplib.", "ftplib.", "imaplib.", "poplib.", "nntplib.", "telnetlib."),
    *("xmlrpc.client.", "socket.socket", "socket.create_connection", "socket.getaddrinfo", "socket.gethostbyname"),
    *("asyncio.open_connection", "urllib.urlopen", "urllib2."),
)
_NOT_NETWORK = {"urllib.request.pathname2url", "urllib.request.url2pathname", "urllib.request.quote"}
_CLIENTS = frozenset(
    "requests httpx aiohttp urllib3 httplib2 pycurl websockets websocket paramiko boto3 botocore openai anthropic "
    "tweepy praw selenium playwright pymongo psycopg2 psycopg asyncpg redis pymysql MySQLdb yfinance feedparser "
    "slack_sdk telegram discord kafka pika stripe twilio github gitlab googleapiclient gspread newspaper instaloader "
    "yt_dlp youtube_dl pytube wikipedia googletrans speedtest whois dns ldap3 elasticsearch grpc requests_html "
    "mechanize scrapy snscrape geocoder ollama".split()
)
_GIB = 2**30
_HEAVY = {
    **dict.fromkeys(
        "torch tensorflow jax keras transformers sentence_transformers spacy diffusers whisper faster_whisper pyspark "
        "catboost gensim onnxruntime mxnet paddle".split(),
        2 * _GIB,
    ),
    **dict.fromkeys(
        "pandas scipy sklearn matplotlib seaborn cv2 pyarrow polars numba statsmodels xgboost lightgbm skimage dask "
        "geopandas rasterio xarray plotnine duckdb astropy Bio librosa moviepy networkx sympy nltk modin vaex".split(),
        _GIB,
    ),
}
_URL = re.compile(r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+)(?::(\d{1,5}))?(?:[/?#]|$)")


def uses_of(tree, imports):
    """Yields (need, what, line) of one module; memory as its bytes behind ``what``: (``memory``, ``pandas``, line, bytes)."""
    for found in imports:
        top = found.name.partition(".")[0]
        if found.level == 0:
            if top in _STARTERS:
                yield "subprocesses", top, found.line, 0
            if top in _CLIENTS or found.name.startswith(("google.cloud", "azure.")):
                yield "network", top, found.line, 0
            if top in _HEAVY:
                yield "memory", top, found.line, _HEAVY[top]
    names = _names(tree)
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Attribute, ast.Name)) or not isinstance(node.ctx, ast.Load):
            continue
        said = dotted(node)
        if said is None:
            continue
        first, dot, rest = said.partition(".")
        if first not in names:
            continue
        full = names[first] + dot + rest
        if _matches(full, _PROCESSES) and full not in _NOT_PROCESSES:
            yield "subprocesses", full, node.lineno, 0
        if _matches(full, _SHARED):
            yield "shared-memory", full, node.lineno, 0
        if _matches(full, _NETWORK) and full not in _NOT_NETWORK:
            yield "network", full, node.lineno, 0


def hosts_of(tree):
    """``host:port`` of the URLs that a module has as text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 4096:
            match = _URL.match(node.value)
            if match:
                yield "%s:%s" % (match[2].lower(), match[3] or {"http": 80, "https": 443}[match[1]])


def _names(tree):
    """Names that imports bind in a module, to what they stand for."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = "%s.%s" % (node.module, alias.name)
    return names


def _matches(name, patterns):
    for pattern in patterns:
        if pattern.endswith("."):
            if name.startswith(pattern):
                return True
        elif pattern.endswith("*"):
            if name.startswith(pattern[:-1]):
                return True
        elif name == pattern:
            return True
    return False
