"""Conversions and facts of sound and video, by FFmpeg, which opens files and nothing else."""

import json

from . import tools, work
from .errors import BrokenFile, ToolFailed
from .formats import extension, kind
from .options import Media
from .run import made, run

#: FFmpeg's reader for each input: none that reads lists of other files (hls, concat, dash).
_DEMUXERS = {
    **dict.fromkeys("mp4 mov m4a".split(), "mov"), **dict.fromkeys("mkv webm".split(), "matroska"), "wav": "wav", "mp3": "mp3",
    "flac": "flac", "ogg": "ogg", "opus": "ogg", "aac": "aac", "aiff": "aiff", "avi": "avi", "mpeg": "mpeg", "gif": "gif",
}  # fmt: skip
_SOUND = {
    "wav": ["-c:a", "pcm_s16le"], "mp3": ["-c:a", "libmp3lame"], "flac": ["-c:a", "flac"], "ogg": ["-c:a", "libvorbis"],
    "opus": ["-c:a", "libopus"], "m4a": ["-c:a", "aac"], "aac": ["-c:a", "aac"], "aiff": ["-c:a", "pcm_s16be"],
}  # fmt: skip
_VIDEO = {
    "mp4": ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart"],
    "mov": ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac"],
    "mkv": ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac"],
    "webm": ["-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M", "-c:a", "libopus"],
    "avi": ["-c:v", "mpeg4", "-c:a", "libmp3lame"],
    "mpeg": ["-c:v", "mpeg2video", "-c:a", "mp2"],
    "gif": ["-an"],
}
_MUXERS = {"m4a": "ipod", "aac": "adts", "mkv": "matroska", "mpeg": "mpeg"}
SOUND, VIDEO = list(_SOUND), list(_VIDEO)
INPUTS = list(_DEMUXERS)
_SAFE = ["-hide_banner", "-nostdin", "-loglevel", "error", "-protocol_whitelist", "file,pipe", "-max_alloc", str(512 << 20)]
_MOST_SECONDS = 3600


def convert(file, source, target, options=None):
    """The path of the result. Raises ToolFailed, BrokenFile."""
    tools.demand("ffmpeg")
    options = options or Media()
    given = work.staged(file, extension(source))
    out = given.with_name("out." + extension(target))
    words = [*_SAFE, "-f", _DEMUXERS[source]]
    if options.start is not None:
        words += ["-ss", "%f" % options.start]
    words += ["-i", given, "-t", "%f" % min(options.duration or _MOST_SECONDS, _MOST_SECONDS), "-threads", "2", "-dn", "-sn"]
    words += ["-vn", *_SOUND[target]] if target in _SOUND else _VIDEO[target]
    run(tools.FOUND["ffmpeg"], *words, *_wishes(options, target), "-f", _MUXERS.get(target, target), "-y", out)
    return made(out, "FFmpeg")


def frame(file, source, target="png", options=None):
    """A picture of a video: the frame at `start`, or the first."""
    tools.demand("ffmpeg")
    given = work.staged(file, extension(source))
    out = given.with_name("frame.png")
    words = [*_SAFE, "-f", _DEMUXERS[source], "-i", given, "-an", "-sn", "-dn", "-frames:v", "1", "-c:v", "png", "-f", "image2"]
    run(tools.FOUND["ffmpeg"], *words, "-y", out)
    return made(out, "FFmpeg")


def probe(file, source):
    """What ffprobe says of the container and its streams."""
    tools.demand("ffmpeg")
    given = work.staged(file, extension(source))
    words = ["-v", "error", "-protocol_whitelist", "file,pipe", "-f", _DEMUXERS[source], "-show_format", "-show_streams", "-of", "json"]
    try:
        said = json.loads(run(tools.program("ffprobe"), *words, given))
    except ToolFailed as problem:
        raise BrokenFile("This cannot be read as %s: %s" % (source, problem)) from None
    said.get("format", {}).pop("filename", None)
    return said


def without_tags(file, source):
    """The same streams, copied, without what the container says of them."""
    tools.demand("ffmpeg")
    given = work.staged(file, extension(source))
    out = given.with_name("out." + extension(source))
    words = [*_SAFE, "-f", _DEMUXERS[source], "-i", given, "-map_metadata", "-1", "-c", "copy", "-fflags", "+bitexact"]
    run(tools.FOUND["ffmpeg"], *words, "-f", _MUXERS.get(source, source), "-y", out)
    return made(out, "FFmpeg")


def _wishes(options, target):
    words = []
    if options.audio_bitrate:
        words += ["-b:a", "%dk" % options.audio_bitrate]
    if options.sample_rate:
        words += ["-ar", str(options.sample_rate)]
    if options.channels:
        words += ["-ac", str(options.channels)]
    if kind(target) == "video" or target == "gif":
        if options.video_bitrate:
            words += ["-b:v", "%dk" % options.video_bitrate]
        if options.fps:
            words += ["-r", "%f" % options.fps]
        if options.width or options.height:
            words += ["-vf", "scale=%d:%d" % (options.width or -2, options.height or -2)]
    return words
