# /// script
# requires-python = ">=3.9"
# dependencies = ["pillow>=11,<13"]
# ///
"""Pictures: thumbnails in PNG, and what a picture file holds. Needs Pillow."""

from pathlib import Path
from typing import Optional, TypedDict

from PIL import ExifTags, Image, ImageOps

# A small file can unpack to a huge picture; refuse those above 50 megapixels.
Image.MAX_IMAGE_PIXELS = 50_000_000


class PictureInfo(TypedDict):
    """What a picture file holds."""

    format: Optional[str]
    width: int
    height: int
    mode: str
    frames: int
    dominant_colour: str
    exif: dict[str, str]


def thumbnail(image: Path, size: int = 128, square: bool = False) -> Path:
    """Makes a small PNG of a picture, turned upright and without its metadata (camera, place, date).

    Args:
        image: A picture that Pillow reads: PNG, JPEG, GIF, WebP, TIFF, BMP and others.
        size: Longest side of the result in pixels.
        square: Crop to a square around the centre instead of keeping the proportions.

    Returns:
        The thumbnail, named after the picture.

    Raises:
        ValueError: The size is not between 1 and 2048.
    """
    if not 1 <= size <= 2048:
        raise ValueError("size must be between 1 and 2048 pixels")
    with Image.open(image) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
    small = ImageOps.fit(upright, (size, size)) if square else ImageOps.contain(upright, (size, size))
    target = Path(f"{image.stem}-{size}.png")
    small.save(target, "PNG", optimize=True)
    return target


def describe(image: Path) -> PictureInfo:
    """Tells what a picture file holds.

    Args:
        image: A picture that Pillow reads.

    Returns:
        Its format, size, colour mode, number of frames, most common colour, and EXIF tags by name.
    """
    with Image.open(image) as picture:
        palette = picture.convert("RGB").resize((64, 64)).quantize(8)
        colours = palette.getcolors() or []
        index = max(colours)[1]
        red, green, blue = (palette.getpalette() or [])[index * 3 : index * 3 + 3]
        return PictureInfo(
            format=picture.format,
            width=picture.width,
            height=picture.height,
            mode=picture.mode,
            frames=getattr(picture, "n_frames", 1),
            dominant_colour=f"#{red:02x}{green:02x}{blue:02x}",
            exif={ExifTags.TAGS.get(tag, str(tag)): str(value) for tag, value in picture.getexif().items()},
        )


def _main() -> None:
    import sys

    source = Path(sys.argv[1])
    print(describe(source))
    print(thumbnail(source))


if __name__ == "__main__":
    _main()
