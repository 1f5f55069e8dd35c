"""An abstract picture per course, drawn from its id: the same id always gives the same picture."""

import hashlib
import random
import re

SEED = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WIDTH, _HEIGHT = 640, 320
_PALETTES = (
    ("#083891", "#256ef4", "#b1cefb", "#ffd9a0"),
    ("#0b3b48", "#15808f", "#a9e0dd", "#ffe3b8"),
    ("#3b1f5b", "#7a4fc4", "#d9c8f7", "#ffc9c2"),
    ("#0e4429", "#2b8a57", "#bfe6c9", "#fff0b3"),
    ("#5a1f2e", "#c4475d", "#f7cdd2", "#ffe2b0"),
    ("#20304f", "#4b6ea9", "#cddaf0", "#f9c9a7"),
    ("#5b3a06", "#c07d14", "#f6dca6", "#cfe3f7"),
)


def draw_cover(seed: str) -> str:
    """An SVG document. It holds nothing of the seed but numbers."""
    dice = random.Random(hashlib.sha256(seed.encode()).digest())
    palette = dice.choice(_PALETTES)
    shapes = dice.choice((_arcs, _tiles, _waves, _dots, _rays))(dice, palette)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="xMidYMid slice">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="{palette[1]}"/>{"".join(shapes)}</svg>'
    )


def _arcs(dice: random.Random, palette: tuple[str, ...]) -> list[str]:
    dark, _, light, warm = palette
    x, y = dice.choice(((0, 320), (640, 320), (460, 340), (160, 350)))
    rings = [
        f'<circle cx="{x}" cy="{y}" r="{radius}" fill="none" stroke="{dark if n % 3 else light}"'
        f' stroke-width="{dice.choice((14, 22, 30))}" opacity="{0.85 - n * 0.07:.2f}"/>'
        for n, radius in enumerate(range(70, 560, 62))
    ]
    sun = f'<circle cx="{640 - x * 0.8:.0f}" cy="{dice.randint(70, 130)}" r="{dice.randint(30, 52)}" fill="{warm}"/>'
    return [*rings, sun]


def _tiles(dice: random.Random, palette: tuple[str, ...]) -> list[str]:
    shapes = []
    for row in range(4):
        for column in range(8):
            x, y, colour = column * 80, row * 80, dice.choice(palette)
            quarter = {
                0: f"M{x} {y}h80a80 80 0 0 1-80 80z",
                1: f"M{x + 80} {y}v80a80 80 0 0 1-80-80z",
                2: f"M{x + 80} {y + 80}h-80a80 80 0 0 1 80-80z",
                3: f"M{x} {y + 80}v-80a80 80 0 0 1 80 80z",
                4: f"M{x + 40} {y + 12}a28 28 0 1 0 .1 0z",
                5: "",
            }[dice.choice((0, 1, 2, 3, 4, 5, 5))]
            if quarter:
                shapes.append(f'<path d="{quarter}" fill="{colour}"/>')
    return shapes


def _waves(dice: random.Random, palette: tuple[str, ...]) -> list[str]:
    dark, _, light, warm = palette
    moon = f'<circle cx="{dice.randint(380, 560)}" cy="{dice.randint(60, 110)}" r="{dice.randint(34, 56)}" fill="{warm}"/>'
    waves = [moon]
    for n, colour in enumerate((light, dark, light, dark)):
        y, lift = 120 + n * 52, dice.randint(24, 56) * dice.choice((1, -1))
        waves.append(
            f'<path d="M0 {y}C160 {y - lift} 260 {y + lift} 380 {y}S560 {y - lift} 640 {y}V320H0z" fill="{colour}"'
            f' opacity="{0.35 + n * 0.18:.2f}"/>'
        )
    return waves


def _dots(dice: random.Random, palette: tuple[str, ...]) -> list[str]:
    dark, _, light, warm = palette
    back = f'<path d="M0 320V{dice.randint(40, 200)}L640 {dice.randint(120, 300)}V320z" fill="{dark}" opacity=".7"/>'
    tilt = dice.uniform(0.2, 0.9)
    dots = [
        f'<circle cx="{24 + column * 44}" cy="{24 + row * 44}"'
        f' r="{3 + 11 * abs(((column * tilt + row) % 5) - 2.5) / 2.5:.1f}" fill="{colour}"/>'
        for row in range(7)
        for column in range(14)
        for colour in [warm if dice.random() < 0.07 else light]
    ]
    return [back, *dots]


def _rays(dice: random.Random, palette: tuple[str, ...]) -> list[str]:
    dark, _, light, warm = palette
    x = dice.randint(60, 580)
    rays = [
        f'<path d="M{x} 340L{left} -20H{left + 46}z" fill="{dark if n % 2 else light}" opacity="{0.5 if n % 2 else 0.32}"/>'
        for n, left in enumerate(range(-220, 860, 62))
    ]
    return [
        *rays,
        f'<circle cx="{x}" cy="330" r="{dice.randint(84, 130)}" fill="{warm}"/>',
        f'<circle cx="{x}" cy="330" r="58" fill="{dark}"/>',
    ]
