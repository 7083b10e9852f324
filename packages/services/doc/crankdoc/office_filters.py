"""LibreOffice's filters, by name: files are read as what they are, and by no other of its many readers."""

_CSV = ("Text - txt - csv (StarCalc)", "44,34,76,1,,0,false,true")  # comma, quote, UTF-8, from the first line, cells as shown
_TEXT = ("Text (encoded)", "UTF8,LF")
#: Inputs and outputs of each program: format, filter, the filter's options.
WORD = {
    "docx": ("MS Word 2007 XML", ""),
    "doc": ("MS Word 97", ""),
    "odt": ("writer8", ""),
    "fodt": ("OpenDocument Text Flat XML", ""),
    "rtf": ("Rich Text Format", ""),
    "text": _TEXT,
    "html": ("HTML (StarWriter)", ""),
}
SHEET = {
    "xlsx": ("Calc MS Excel 2007 XML", ""),
    "xls": ("MS Excel 97", ""),
    "ods": ("calc8", ""),
    "fods": ("OpenDocument Spreadsheet Flat XML", ""),
    "csv": _CSV,
}
SLIDES = {
    "pptx": ("Impress MS PowerPoint 2007 XML", ""),
    "ppt": ("MS PowerPoint 97", ""),
    "odp": ("impress8", ""),
    "fodp": ("OpenDocument Presentation Flat XML", ""),
}
#: What each program reads, and what it writes.
PROGRAMS = (
    (WORD, {**WORD, "pdf": ("writer_pdf_Export", ""), "epub": ("EPUB", "")}),
    (SHEET, {**SHEET, "pdf": ("calc_pdf_Export", ""), "html": ("HTML (StarCalc)", "")}),
    (SLIDES, {**SLIDES, "pdf": ("impress_pdf_Export", "")}),
)
