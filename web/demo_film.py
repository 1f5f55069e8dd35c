"""The replay of the demo world: a short lecture drawn here (slides by typst, picture and sound by ffmpeg), no file shipped.

Made once when `--demo` seeds its world, in about five seconds on two cores; afterwards it is a recording like any other:
the film job composes it, the replay page plays it, the thumbnail comes from it.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import ffmpeg
import imageio_ffmpeg
import typst

SLIDE_S = 15
CAMERA_RATE = 10
SCREEN_RATE = 5
CAMERA = (640, 360)

PAGE = """
#set page(width: 1280pt, height: 720pt, margin: 0pt, fill: rgb("#ffffff"))
#set text(font: ("Noto Sans KR", "NanumGothic", "Libertinus Serif"), lang: "ko", fill: rgb("#1e2124"))
#let slide(number, total, title, ..points) = {
  place(top + left, rect(width: 100%, height: 14pt, fill: rgb("#256ef4")))
  place(top + left, dx: 84pt, dy: 84pt, text(size: 26pt, fill: rgb("#256ef4"), weight: "bold")[#COURSE])
  place(top + left, dx: 84pt, dy: 140pt, block(width: 1000pt, text(size: 60pt, weight: "bold", title)))
  place(top + left, dx: 84pt, dy: 300pt, block(width: 760pt, {
    set par(leading: 24pt)
    for point in points.pos() [
      #grid(columns: (36pt, 1fr), circle(radius: 7pt, fill: rgb("#256ef4")), text(size: 34pt, point))
      #v(14pt)
    ]
  }))
  place(bottom + left, dx: 84pt, dy: -44pt, text(size: 20pt, fill: rgb("#58616a"))[경기 배움두루 · #number / #total])
  pagebreak(weak: true)
}
"""
PORTRAIT = """
#set page(width: 640pt, height: 360pt, margin: 0pt, fill: gradient.linear(rgb("#d8e5fd"), rgb("#eef2f7"), angle: 60deg))
#place(left + top, dx: 40pt, dy: 36pt, rect(width: 150pt, height: 190pt, radius: 6pt, fill: white, stroke: 2pt + rgb("#cdd1d5")))
#place(left + top, dx: 60pt, dy: 60pt, circle(radius: 30pt, fill: rgb("#f2c14e")))
#place(left + top, dx: 56pt, dy: 140pt, polygon(fill: rgb("#5a9e6f"), (0pt, 66pt), (50pt, 0pt), (118pt, 66pt)))
#place(center + bottom, dx: 40pt, dy: 10pt, ellipse(width: 300pt, height: 210pt, fill: rgb("#346fb2")))
#place(center + bottom, dx: 40pt, dy: -110pt, rect(width: 56pt, height: 60pt, radius: 24pt, fill: rgb("#e8b88f")))
#place(center + horizon, dx: 40pt, dy: -42pt, ellipse(width: 136pt, height: 164pt, fill: rgb("#f0c8a4")))
#place(center + horizon, dx: 40pt, dy: -94pt, ellipse(width: 150pt, height: 92pt, fill: rgb("#33363d")))
#place(center + horizon, dx: 40pt, dy: -62pt, ellipse(width: 124pt, height: 60pt, fill: rgb("#f0c8a4")))
#place(center + horizon, dx: 12pt, dy: -42pt, circle(radius: 6pt, fill: rgb("#1e2124")))
#place(center + horizon, dx: 68pt, dy: -42pt, circle(radius: 6pt, fill: rgb("#1e2124")))
#place(center + horizon, dx: 40pt, dy: 2pt, ellipse(width: 44pt, height: 16pt, fill: rgb("#b4483c")))
"""
SLIDES = (
    ("첫 만남과 카메라 설정", "렌즈를 닦는 것부터 시작합니다", "준비물은 스마트폰 한 대뿐입니다"),
    ("안내선을 켭니다", "설정에서 ‘격자’를 켭니다", "수평이 맞고, 구도가 쉬워집니다"),
    ("초점은 손가락으로", "화면을 길게 눌러 초점을 고정합니다", "위아래로 밀어 밝기를 맞춥니다"),
    ("흔들리지 않게", "두 손으로, 팔꿈치는 몸에 붙입니다", "숨을 내쉬며 누릅니다", "타이머 2초도 좋습니다"),
    ("다음 시간까지", "같은 물건을 아침·낮·저녁에 찍어 봅니다", "마음에 드는 사진 세 장을 골라 주세요"),
)
DURATION_S = float(SLIDE_S * len(SLIDES))


@dataclass(frozen=True, slots=True)
class DemoFilm:
    """Files in one folder: the camera with sound, and the slides as the shared screen in step with it."""

    main: Path
    screen: Path
    poster: Path
    duration_s: float = DURATION_S


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def draw(folder: Path, course: str, font_paths: list[Path]) -> tuple[list[Path], Path]:
    """Slides and portrait as PNG."""
    source = PAGE.replace("#COURSE", f"#{quoted(course)}")
    for number, (title, *points) in enumerate(SLIDES, 1):
        arguments = ", ".join([str(number), str(len(SLIDES)), *map(quoted, (title, *points))])
        source += f"#slide({arguments})\n"
    files = []
    for number, page in enumerate(pictures(source, font_paths)):
        files.append(folder / f"slide-{number}.png")
        files[-1].write_bytes(page)
    portrait = folder / "portrait.png"
    portrait.write_bytes(pictures(PORTRAIT, font_paths)[0])
    return files, portrait


def pictures(source: str, font_paths: list[Path]) -> list[bytes]:
    """One PNG a page."""
    fonts = typst.Fonts(font_paths=font_paths)
    made: bytes | list[bytes] = typst.compile(source.encode(), format="png", ppi=72.0, font_paths=fonts)
    return made if isinstance(made, list) else [made]


async def encode(stream: "ffmpeg.nodes.OutputStream") -> None:
    argv = stream.compile(cmd=imageio_ffmpeg.get_ffmpeg_exe(), overwrite_output=True)
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, complaint = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"ffmpeg could not draw the demo lecture: {complaint.decode(errors='replace')[-400:]}")


VP8 = {"c:v": "libvpx", "threads": 1, "deadline": "realtime", "cpu-used": 16, "static-thresh": 100, "g": 50, "pix_fmt": "yuv420p"}


def still(picture: Path, rate: int, length_s: float) -> "ffmpeg.nodes.FilterableStream":
    """One PNG, decoded once, as `length_s` seconds of video."""
    frames = int(rate * length_s)
    return ffmpeg.input(str(picture), framerate=rate).filter("format", "yuv420p").filter("loop", loop=frames - 1, size=1)


def camera(portrait: Path, output: Path) -> "ffmpeg.nodes.OutputStream":
    """The instructor, nodding a little, over a quiet chord."""
    width, height = CAMERA
    picture = (
        still(portrait, CAMERA_RATE, DURATION_S)
        .filter("scale", width + 40, height + 24)
        .filter("crop", width, height, "20+8*sin(t*0.9)", "12+5*sin(t*2.3)")
    )
    tones = [ffmpeg.input(f"sine=frequency={pitch}:sample_rate=48000:d={DURATION_S}", f="lavfi") for pitch in (220, 277, 330)]
    sound = ffmpeg.filter(tones, "amix", inputs=len(tones)).filter("tremolo", f=0.2, d=0.7).filter("volume", 0.35)
    coding = {**VP8, "b:v": "400k", "c:a": "libopus", "b:a": "48k", "t": DURATION_S}
    return ffmpeg.output(picture, sound, str(output), f="webm", loglevel="error", **coding)


def screen(slides: list[Path], output: Path) -> "ffmpeg.nodes.OutputStream":
    joined = ffmpeg.concat(*(still(slide, SCREEN_RATE, SLIDE_S) for slide in slides), v=1, a=0)
    return ffmpeg.output(joined, str(output), f="webm", loglevel="error", **VP8, **{"b:v": "800k"})


async def make(folder: Path, course: str, font_paths: list[Path]) -> DemoFilm:
    """Draw and encode everything into `folder`."""
    slides, portrait = await asyncio.to_thread(draw, folder, course, font_paths)
    film = DemoFilm(folder / "main.webm", folder / "screen-1.webm", folder / "poster.jpg")
    poster = ffmpeg.output(ffmpeg.input(str(slides[0])), str(film.poster), vframes=1, **{"q:v": 3}, loglevel="error")
    await asyncio.gather(encode(camera(portrait, film.main)), encode(screen(slides, film.screen)), encode(poster))
    for path in (*slides, portrait):
        path.unlink()
    return film
