"""Which distribution brings what a script imports: facts that cannot be computed, kept as data.

Source: the names are those that the distributions' own documentation says to import, checked by hand. What is installed
because of this table is compared afterwards with the files that were installed, so a wrong row is found out, and is a
finding (packaging/provided.ts).
"""

# Where the name that is imported isn't the name of the distribution, letter for letter.
DISTRIBUTIONS = {
    "attr": "attrs",
    "Bio": "biopython",
    "bs4": "beautifulsoup4",
    "cairo": "pycairo",
    "cairosvg": "CairoSVG",
    "Crypto": "pycryptodome",
    "Cryptodome": "pycryptodomex",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "decouple": "python-decouple",
    "discord": "discord.py",
    "distutils": "setuptools",
    "dns": "dnspython",
    "docx": "python-docx",
    "docxtpl": "docxtpl",
    "dotenv": "python-dotenv",
    "editor": "python-editor",
    "faiss": "faiss-cpu",
    "fitz": "PyMuPDF",
    "frontmatter": "python-frontmatter",
    "fuzzywuzzy": "fuzzywuzzy",
    "gi": "PyGObject",
    "git": "GitPython",
    "github": "PyGithub",
    "gitlab": "python-gitlab",
    "github3": "github3.py",
    "googleapiclient": "google-api-python-client",
    "google.api_core": "google-api-core",
    "google.auth": "google-auth",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.datastore": "google-cloud-datastore",
    "google.cloud.firestore": "google-cloud-firestore",
    "google.cloud.language": "google-cloud-language",
    "google.cloud.logging": "google-cloud-logging",
    "google.cloud.pubsub": "google-cloud-pubsub",
    "google.cloud.pubsub_v1": "google-cloud-pubsub",
    "google.cloud.secretmanager": "google-cloud-secret-manager",
    "google.cloud.speech": "google-cloud-speech",
    "google.cloud.storage": "google-cloud-storage",
    "google.cloud.texttospeech": "google-cloud-texttospeech",
    "google.cloud.translate": "google-cloud-translate",
    "google.cloud.translate_v2": "google-cloud-translate",
    "google.cloud.vision": "google-cloud-vision",
    "google.genai": "google-genai",
    "google.generativeai": "google-generativeai",
    "google.oauth2": "google-auth",
    "google.protobuf": "protobuf",
    "google_auth_oauthlib": "google-auth-oauthlib",
    "grpc": "grpcio",
    "hydra": "hydra-core",
    "igraph": "igraph",
    "imblearn": "imbalanced-learn",
    "IPython": "ipython",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "kafka": "kafka-python",
    "ldap3": "ldap3",
    "Levenshtein": "Levenshtein",
    "lxml": "lxml",
    "magic": "python-magic",
    "markdown": "Markdown",
    "markdown2": "markdown2",
    "markdown_it": "markdown-it-py",
    "MySQLdb": "mysqlclient",
    "mpl_toolkits": "matplotlib",
    "mysql.connector": "mysql-connector-python",
    "nacl": "PyNaCl",
    "netCDF4": "netCDF4",
    "nmap": "python-nmap",
    "oauth2client": "oauth2client",
    "odf": "odfpy",
    "OpenSSL": "pyOpenSSL",
    "opentelemetry": "opentelemetry-api",
    "osgeo": "GDAL",
    "ot": "POT",
    "paho": "paho-mqtt",
    "parse": "parse",
    "PIL": "pillow",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "PyInquirer": "PyInquirer",
    "PyPDF2": "PyPDF2",
    "pypdfium2": "pypdfium2",
    "pythoncom": "pywin32",
    "pytube": "pytube",
    "pywt": "PyWavelets",
    "Quartz": "pyobjc-framework-Quartz",
    "rdkit": "rdkit",
    "ruamel.yaml": "ruamel.yaml",
    "serial": "pyserial",
    "sklearn": "scikit-learn",
    "sklearn_extra": "scikit-learn-extra",
    "skimage": "scikit-image",
    "skopt": "scikit-optimize",
    "slack_sdk": "slack-sdk",
    "slugify": "python-slugify",
    "snowflake.connector": "snowflake-connector-python",
    "socketio": "python-socketio",
    "socks": "PySocks",
    "speech_recognition": "SpeechRecognition",
    "sqlalchemy": "SQLAlchemy",
    "stdnum": "python-stdnum",
    "tables": "tables",
    "tabula": "tabula-py",
    "telegram": "python-telegram-bot",
    "unidecode": "Unidecode",
    "usb": "pyusb",
    "vlc": "python-vlc",
    "wand": "Wand",
    "whisper": "openai-whisper",
    "websocket": "websocket-client",
    "werkzeug": "Werkzeug",
    "win32api": "pywin32",
    "win32com": "pywin32",
    "win32gui": "pywin32",
    "wx": "wxPython",
    "Xlib": "python-xlib",
    "yaml": "PyYAML",
    "youtube_dl": "youtube-dl",
    "yt_dlp": "yt-dlp",
    "zmq": "pyzmq",
    "zoneinfo": "backports.zoneinfo",
    "tomllib": "tomli",
}

# Distributions that are imported by their own name ("-" written "_"): guessing these is knowing them.
NAMESAKES = frozenset(
    """
aiofiles aiohttp aiosqlite altair annotated_types anthropic anyio apscheduler argcomplete arrow arviz astropy asyncpg
attrs autograd babel bcrypt beartype black bleach blessed blinker bokeh boltons boto3 botocore bottle brotli bson
cachetools catboost cattrs celery certifi cffi chardet charset_normalizer cherrypy chess click cloudpickle colorama
colorlog coloredlogs colour configargparse configobj contourpy coverage croniter cryptography cssselect ctranslate2
curl_cffi cycler cython dacite dash dask datasets dateparser deepdiff defusedxml dill diskcache django docker docopt
docutils duckdb ebooklib email_validator emoji environs exifread fabric faker falcon fastapi feedparser filelock fiona
fire flask fonttools folium fpdf fpdf2 frozendict fsspec ftfy furl gensim geojson geopandas geopy gevent gmpy2
gradio graphene graphviz greenlet gspread gunicorn h11 h2 h5py haversine hashids hdbscan holidays html2text html5lib
htmlmin httplib2 httptools httpx huggingface_hub humanfriendly humanize hypothesis icalendar idna imagehash imageio
imageio_ffmpeg imapclient img2pdf inflect inflection inquirer intervaltree invoke ipaddress ipywidgets iso8601
isodate isort itsdangerous jax jdatetime jedi jellyfish jieba jinja2 jmespath joblib json5 jsonlines jsonpath_ng
jsonpickle jsonschema kaleido keras keyring kiwisolver langchain langdetect lark lightgbm limits llvmlite loguru lxml lxml_html_clean
lz4 mako marko markupsafe marshmallow matplotlib mido mistune mlflow moviepy mpmath msgpack msgspec multidict
mutagen mypy natsort ndjson neo4j netaddr networkx nltk num2words numba numexpr numpy oauthlib ollama openai openpyxl
optuna orjson packaging pandas pandera papermill paramiko parsel parsimonious passlib patsy pdf2image pdfkit pdfminer
pdfplumber peewee pendulum pexpect phonenumbers pikepdf pillow pint platformdirs playwright plotly plotnine pluggy
plumbum ply polars praw prettytable progress progressbar prompt_toolkit psutil psycopg pulp pyarrow pyautogui pycountry
pydantic pydantic_settings pydicom pydot pydub pyfiglet pygame pygments pylatex pymongo pymysql pynput pyparsing pypdf
pypandoc pyperclip pyproj pyqrcode pystache pytesseract pytest pytz pywebio pyximport qrcode rapidfuzz rarfile
rasterio ratelimit readability redis regex reportlab requests requests_cache requests_html requests_oauthlib
requests_toolbelt responses retry rich rsa ruff sanic schedule schema scipy scrapy seaborn selenium sentencepiece
setuptools sh shapely simplejson simpy six sklearn_pandas slumber smart_open snowballstemmer sortedcontainers
soundfile soupsieve spacy sphinx sqlmodel sqlparse starlette statsmodels streamlit stripe structlog svgwrite sympy
tabulate tenacity tensorflow termcolor textblob texttable textual thefuzz tiktoken tinydb tldextract tokenizers toml
tomli tomli_w tomlkit toolz torch torchvision tornado tqdm traitlets transformers trio tweepy twilio twine typeguard
typer typing_extensions tzdata tzlocal ujson unittest2 uritemplate urllib3 uvicorn uvloop validators vobject
watchdog watchfiles wcwidth webcolors webencodings websockets wheel wikipedia wordcloud wrapt wtforms xarray xgboost
xlrd xlsxwriter xlwt xmltodict xxhash yapf yarl yfinance zstandard
ascii_magic asciitree astor asttokens barcode cowsay deprecated dominate edlib ephem executing fastparquet flatten_dict
flatdict hexdump jsonpatch jsonpointer logzero more_itertools mmh3 nanoid names ordered_set pathspec pathvalidate
petname pony portalocker prettyprinter pycodestyle pydash pyflakes pyjokes pyproject_hooks python_utils questionary
scapy pyscreeze sanic_ext roman ruptures shortuuid skyfield stringcase tablib tabulator terminaltables toposort tqdm translate unicodecsv untangle
uuid6 varname word2number xmlschema zipp zxcvbn art blessings bitarray bitstring construct crcmod cmarkgfm
""".split()
)

# Packages that are many distributions under one name: what is behind the dot decides.
NAMESPACES = {
    "azure": "azure-{}",
    "backports": "backports.{}",
    "google": None,
    "google.cloud": "google-cloud-{}",
    "jaraco": "jaraco.{}",
    "mysql": None,
    "ruamel": "ruamel.{}",
    "snowflake": None,
    "sphinxcontrib": "sphinxcontrib-{}",
    "zope": "zope.{}",
}

# Names that people give modules of their own. The index has distributions of many of these names, which nobody meant.
PRIVATE = frozenset(
    """
api app apps auth backend base board cli client colors colours common conf config configs configuration const constants converter core counter creds credentials
custom data database dataset datasets_ db defs env errors engine exceptions forms frontend func funcs functions game graph gui handler handlers helper
helpers internal keys lib libs local_settings logger logs main misc model models module modules my mylib mymodule
myutils options params parameters plugins project script scripts secret secrets_ server service services settings setup
shared src test tests tool tools types_ ui util utilities utility utils vars version views
""".split()
)

# Of Python 2's standard library, gone since 3.0: code that is for both names these first.
PYTHON_2 = frozenset(
    """
__builtin__ BaseHTTPServer CGIHTTPServer ConfigParser Cookie HTMLParser Queue SimpleHTTPServer SimpleXMLRPCServer
SocketServer StringIO Tkinter UserDict UserList cPickle cStringIO commands cookielib copy_reg dummy_thread exceptions
htmlentitydefs httplib md5 mimetools robotparser sets sha thread tkFileDialog tkMessageBox ttk urllib2 urlparse xmlrpclib
""".split()
)

# Of Python 3's standard library: the first series without them.
REMOVED = {
    "binhex": (3, 11),
    "asynchat": (3, 12),
    "asyncore": (3, 12),
    "imp": (3, 12),
    "smtpd": (3, 12),
    **dict.fromkeys(
        "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes sndhdr spwd sunau "
        "telnetlib uu xdrlib".split(),
        (3, 13),
    ),
}


def distribution_of(name):
    """(distribution, whether that is known rather than guessed) for a dotted name that is imported; None: unknowable."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        known = DISTRIBUTIONS.get(".".join(parts[:length]))
        if known is not None:
            return known, True
    for length in range(min(2, len(parts)), 0, -1):
        prefix = ".".join(parts[:length])
        if prefix in NAMESPACES:
            pattern = NAMESPACES[prefix]
            if pattern is None or len(parts) == length:
                return None
            return pattern.format(parts[length].replace("_", "-")), False
    top = parts[0]
    return top.replace("_", "-"), top.lower() in NAMESAKES


def resembled(name):
    """The well-known name that this one could be a slip of; None where there is none."""
    plain = name.lower().replace("_", "").replace("-", "")
    if len(plain) < 5:
        return None
    for known in sorted(NAMESAKES | DISTRIBUTIONS.keys()):
        other = known.lower().replace("_", "")
        if len(other) >= 5 and other != plain and _one_slip(plain, other):
            return known
    return None


def _one_slip(left, right):
    """Whether one letter more, less, other, or two swapped make one of the other."""
    if abs(len(left) - len(right)) > 1:
        return False
    at = 0
    while at < min(len(left), len(right)) and left[at] == right[at]:
        at += 1
    if len(left) > len(right):
        return left[at + 1 :] == right[at:]
    if len(left) < len(right):
        return left[at:] == right[at + 1 :]
    swapped = left[at : at + 2] == right[at : at + 2][::-1] and left[at + 2 :] == right[at + 2 :]
    return left[at + 1 :] == right[at + 1 :] or swapped
