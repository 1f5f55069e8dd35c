"""Static files under an address that changes with their content, so that browsers may keep them for a year."""

import hashlib
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
STYLES = (
    "tokens",
    "base",
    "header",
    "footer",
    "button",
    "badge",
    "card",
    "form",
    "notice",
    "table",
    "portal",
    "presence",
    "unfold",
    "watched",
    "learning",
    "admin",
)
FOREVER = "public, max-age=31536000, immutable"


class Assets:
    """Addresses of static files. Relative imports between modules stay inside the same version."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self.version = _version(folder)
        self.site_css = b"\n".join((folder / "css" / f"{name}.css").read_bytes() for name in STYLES)
        """Every page's styles in one file, in the order of STYLES."""

    def url(self, path: str) -> str:
        """`js/pages/countdown.js` → its address; a file that is not there is our mistake."""
        assert (self.folder / path).is_file() or path == "css/site.css", f"no such static file: {path}"
        return f"/static/v-{self.version}/{path}"


class VersionedFiles(StaticFiles):
    """Serves `/static/v-<version>/…` for ever and `/static/…` for checking each time."""

    def __init__(self, assets: Assets) -> None:
        super().__init__(directory=assets.folder)
        self.assets = assets

    async def get_response(self, path: str, scope: Scope) -> Response:
        first, _, rest = path.partition("/")
        versioned = first.startswith("v-")
        name = rest if versioned else path
        if name == "css/site.css":
            response = Response(self.assets.site_css, media_type="text/css")
        else:
            response = await super().get_response(name, scope)
        current = first == f"v-{self.assets.version}"
        response.headers["Cache-Control"] = FOREVER if current and response.status_code == 200 else "no-cache"
        return response


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
