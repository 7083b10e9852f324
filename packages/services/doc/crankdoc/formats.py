"""Formats: the name that callers use, the extension of its files, its content type, and what kind of thing it is."""

from typing import NamedTuple


class Format(NamedTuple):
    name: str
    extension: str
    media_type: str
    #: text, word, sheet, slides, page, picture, sound, video, archive, mail, data, program
    kind: str


_ROWS = """
text txt text/plain text
pdf pdf application/pdf page
postscript ps application/postscript page
eps eps application/eps page
svg svg image/svg+xml picture
html html text/html text
docx docx application/vnd.openxmlformats-officedocument.wordprocessingml.document word
doc doc application/msword word
odt odt application/vnd.oasis.opendocument.text word
fodt fodt application/vnd.oasis.opendocument.text-flat-xml word
rtf rtf application/rtf word
epub epub application/epub+zip word
xlsx xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet sheet
xls xls application/vnd.ms-excel sheet
ods ods application/vnd.oasis.opendocument.spreadsheet sheet
fods fods application/vnd.oasis.opendocument.spreadsheet-flat-xml sheet
csv csv text/csv sheet
pptx pptx application/vnd.openxmlformats-officedocument.presentationml.presentation slides
ppt ppt application/vnd.ms-powerpoint slides
odp odp application/vnd.oasis.opendocument.presentation slides
fodp fodp application/vnd.oasis.opendocument.presentation-flat-xml slides
png png image/png picture
jpeg jpg image/jpeg picture
gif gif image/gif picture
tiff tiff image/tiff picture
bmp bmp image/bmp picture
webp webp image/webp picture
avif avif image/avif picture
heic heic image/heic picture
ppm ppm image/x-portable-pixmap picture
pgm pgm image/x-portable-graymap picture
pbm pbm image/x-portable-bitmap picture
ico ico image/vnd.microsoft.icon picture
tga tga image/x-tga picture
pcx pcx image/vnd.zbrush.pcx picture
psd psd image/vnd.adobe.photoshop picture
jp2 jp2 image/jp2 picture
wav wav audio/wav sound
mp3 mp3 audio/mpeg sound
flac flac audio/flac sound
ogg ogg audio/ogg sound
opus opus audio/opus sound
m4a m4a audio/mp4 sound
aac aac audio/aac sound
aiff aiff audio/aiff sound
mp4 mp4 video/mp4 video
mov mov video/quicktime video
mkv mkv video/x-matroska video
webm webm video/webm video
avi avi video/x-msvideo video
mpeg mpg video/mpeg video
zip zip application/zip archive
tar tar application/x-tar archive
gzip gz application/gzip archive
bzip2 bz2 application/x-bzip2 archive
xz xz application/x-xz archive
zstd zst application/zstd archive
7z 7z application/x-7z-compressed archive
rar rar application/vnd.rar archive
msg msg application/vnd.ms-outlook mail
eml eml message/rfc822 mail
ole ole application/x-ole-storage data
xml xml application/xml data
jsondata json application/json data
sqlite sqlite application/vnd.sqlite3 data
elf bin application/x-executable program
pe exe application/vnd.microsoft.portable-executable program
script sh text/x-script program
binary bin application/octet-stream data
"""

FORMATS = {name: Format(name, *rest) for name, *rest in map(str.split, _ROWS.strip().splitlines())}

#: pandoc's own names that are none of the above: extension by name. What callers cannot tell apart by content they name.
PANDOC_IN = dict(
    pair.split(":")
    for pair in "biblatex:bib bibtex:bib commonmark:md commonmark_x:md creole:txt csljson:json docbook:dbk dokuwiki:txt fb2:fb2 gfm:md "
    "haddock:txt ipynb:ipynb jats:xml jira:txt json:json latex:tex man:1 markdown:md markdown_github:md markdown_mmd:md "
    "markdown_phpextra:md markdown_strict:md mediawiki:wiki muse:muse native:hs opml:opml org:org rst:rst t2t:t2t textile:textile "
    "tikiwiki:txt twiki:txt vimwiki:wiki".split()
)
PANDOC_OUT = dict(
    pair.split(":")
    for pair in "asciidoc:adoc asciidoctor:adoc beamer:tex biblatex:bib bibtex:bib commonmark:md commonmark_x:md context:tex csljson:json "
    "docbook:dbk docbook4:dbk docbook5:dbk dokuwiki:txt dzslides:html epub2:epub epub3:epub fb2:fb2 gfm:md haddock:txt html4:html "
    "html5:html icml:icml ipynb:ipynb jats:xml jats_archiving:xml jats_articleauthoring:xml jats_publishing:xml jira:txt json:json "
    "latex:tex man:1 markdown:md markdown_github:md markdown_mmd:md markdown_phpextra:md markdown_strict:md markua:md mediawiki:wiki "
    "ms:ms muse:muse native:hs opendocument:xml opml:opml org:org plain:txt revealjs:html rst:rst s5:html slideous:html slidy:html "
    "tei:xml texinfo:texi textile:textile xwiki:txt zimwiki:txt".split()
)

for _names in (PANDOC_IN, PANDOC_OUT):
    for _name, _extension in _names.items():
        FORMATS.setdefault(_name, Format(_name, _extension, "text/plain", "text"))


def extension(name):
    return FORMATS[name].extension


def kind(name):
    return FORMATS[name].kind
