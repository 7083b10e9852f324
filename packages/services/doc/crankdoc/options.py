"""Options of conversions, typed. Each group goes with the tool that does a conversion's last step."""

from dataclasses import dataclass, field, fields
from typing import Dict, List, Literal, Optional



@dataclass
class Markup:
    """Of conversions between texts, by pandoc."""

    #: Extensions of the input's format that are switched on or off, such as "+emoji" or "-smart".
    from_extensions: List[str] = field(default_factory=list)
    #: The same of the output's.
    to_extensions: List[str] = field(default_factory=list)
    #: A whole document with head and foot, instead of a fragment.
    standalone: Optional[bool] = None
    #: A table of contents, and how deep.
    toc: bool = False
    toc_depth: Optional[Literal[1, 2, 3, 4, 5, 6]] = None
    number_sections: bool = False
    shift_headings: Optional[int] = None
    wrap: Optional[Literal["auto", "none", "preserve"]] = None
    columns: Optional[int] = None
    tab_stop: Optional[int] = None
    preserve_tabs: bool = False
    ascii: bool = False
    reference_links: bool = False
    section_divs: bool = False
    #: Bibliographies and citations of the document itself.
    citeproc: bool = False
    markdown_headings: Optional[Literal["atx", "setext"]] = None
    top_level_division: Optional[Literal["default", "part", "chapter", "section"]] = None
    track_changes: Optional[Literal["accept", "reject", "all"]] = None
    email_obfuscation: Optional[Literal["none", "javascript", "references"]] = None
    math: Optional[Literal["mathml", "mathjax", "katex", "webtex", "gladtex"]] = None
    highlight_style: Optional[str] = None
    no_highlight: bool = False
    incremental: bool = False
    slide_level: Optional[Literal[0, 1, 2, 3, 4, 5, 6]] = None
    id_prefix: Optional[str] = None
    title_prefix: Optional[str] = None
    indented_code_classes: Optional[str] = None
    default_image_extension: Optional[str] = None
    strip_comments: bool = False
    metadata: Dict[str, str] = field(default_factory=dict)
    variables: Dict[str, str] = field(default_factory=dict)


@dataclass
class Picture:
    """Of conversions to pictures."""

    #: Pixels. The picture keeps its proportions.
    width: Optional[int] = None
    height: Optional[int] = None
    #: From 1 to 100, where the format has one.
    quality: Optional[int] = None
    #: Of pages that become pictures.
    dpi: int = 150
    #: Which page or frame, from 1.
    page: int = 1
    #: Instead of transparency: a name or #RRGGBB.
    background: Optional[str] = None
    grey: bool = False


@dataclass
class Media:
    """Of conversions to sound and video."""

    #: Kilobits in a second.
    audio_bitrate: Optional[int] = None
    video_bitrate: Optional[int] = None
    sample_rate: Optional[Literal[8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000]] = None
    channels: Optional[Literal[1, 2]] = None
    #: Seconds.
    start: Optional[float] = None
    duration: Optional[float] = None
    width: Optional[int] = None
    height: Optional[int] = None
    fps: Optional[float] = None


@dataclass
class Options:
    """The group that the conversion's last step understands; others are refused."""

    markup: Optional[Markup] = None
    picture: Optional[Picture] = None
    media: Optional[Media] = None

    def given(self):
        return [one.name for one in fields(self) if getattr(self, one.name) is not None]
