"""Images of PIL, without loss: PNG where it holds the mode, else the pixels as they are."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

from dalsegno.artifacts.materializers.base import Declined, Materializer, Source, Target

#: modes that PNG holds
_PNG = frozenset({"1", "L", "LA", "RGB", "RGBA"})
#: little compression: it takes a fifth of the time, and the files are about a tenth larger
_COMPRESSION = 1
_PLAIN = (str, int, float, bytes, bool, tuple, type(None))


class Picture(Materializer):
    """`PIL.Image.Image`, also of the classes that PIL makes when it opens a file; they come back as plain images."""

    kind = "PIL.Image"

    def save(self, value: Any, target: Target) -> None:
        """Write pixels, palette and what belongs to them, such as resolution and colour profile."""
        if value.palette is not None and value.mode not in ("P", "PA"):
            raise Declined
        target.keep("mode", value.mode)
        target.keep("size", value.size)
        target.keep("info", {name: item for name, item in value.info.items() if _kept(name, item)})
        target.keep("palette", (value.palette.mode, bytes(value.palette.palette)) if value.palette else None)
        png = value.mode in _PNG
        target.keep("png", png)
        with target.open() as file:
            if png:
                data = BytesIO()
                _pixels(value).save(data, "PNG", compress_level=_COMPRESSION)
                file.write(data.getbuffer())
            else:
                file.write(value.tobytes())

    def load(self, source: Source) -> Any:
        """Make the image again."""
        if source.kept("png"):
            with Image.open(BytesIO(source.read())) as opened:
                image = _pixels(opened)
        else:
            image = Image.frombytes(source.kept("mode"), source.kept("size"), source.read())
        palette = source.kept("palette")
        if palette is not None:
            image.putpalette(palette[1], palette[0])
        image.info = source.kept("info")
        return image

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell mode and size."""
        return {"mode": value.mode, "width": value.width, "height": value.height}


def _kept(name: Any, item: Any) -> bool:
    return isinstance(name, str) and isinstance(item, _PLAIN)


def _pixels(image: Any) -> Any:
    """Give an image without anything beside its pixels, which PNG would write or read otherwise."""
    copy = image.copy()
    copy.info = {}
    return copy
