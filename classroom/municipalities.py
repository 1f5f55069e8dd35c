"""The 31 municipalities of the province: who owns courses and sees which people."""

from dataclasses import dataclass
from datetime import datetime

from classroom.errors import Invalid
from classroom.people import MunicipalityCode
from classroom.texts import Text


@dataclass(frozen=True, slots=True)
class Municipality:
    code: MunicipalityCode
    name: Text
    """수원시 / Suwon"""
    short: str
    """수원: as in a certificate's number."""
    brand: str
    """#rrggbb; white text on it is readable (4.5:1)."""
    phone: str
    opened_at: datetime | None
    """None: its site waits to be opened."""
    logo: str | None = None
    """The mark of its logo (`sites.Logo.mark`), if it has one."""

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None


def contrast_with_white(colour: str) -> float:
    """WCAG 2.2 contrast ratio of white on `colour` (#rrggbb). Raises Invalid for anything but a colour."""
    if len(colour) != 7 or colour[0] != "#" or any(c not in "0123456789abcdefABCDEF" for c in colour[1:]):
        raise Invalid("brand-contrast", field="brand", ratio=0.0)
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)


def checked_brand(colour: str) -> str:
    """The colour in lower case. Raises Invalid("brand-contrast") when white text on it cannot be read."""
    ratio = contrast_with_white(colour)
    if ratio < 4.5:
        raise Invalid("brand-contrast", field="brand", ratio=round(ratio, 2))
    return colour.lower()


def _municipality(code: str, ko: str, en: str, brand: str, phone: str) -> Municipality:
    return Municipality(MunicipalityCode(code), Text(ko, en), ko[:-1], brand, phone, None)


GYEONGGI: tuple[Municipality, ...] = (
    _municipality("suwon", "수원시", "Suwon", "#1b5faa", "031-228-0000"),
    _municipality("seongnam", "성남시", "Seongnam", "#0f6e56", "031-729-0000"),
    _municipality("uijeongbu", "의정부시", "Uijeongbu", "#7a3e9d", "031-828-0000"),
    _municipality("anyang", "안양시", "Anyang", "#0b6a8f", "031-8045-0000"),
    _municipality("bucheon", "부천시", "Bucheon", "#a8325a", "032-320-0000"),
    _municipality("gwangmyeong", "광명시", "Gwangmyeong", "#9a5200", "02-2680-0000"),
    _municipality("pyeongtaek", "평택시", "Pyeongtaek", "#2456a6", "031-8024-0000"),
    _municipality("dongducheon", "동두천시", "Dongducheon", "#3d6b2e", "031-860-0000"),
    _municipality("ansan", "안산시", "Ansan", "#00697a", "031-481-0000"),
    _municipality("goyang", "고양시", "Goyang", "#b0303a", "031-909-0000"),
    _municipality("gwacheon", "과천시", "Gwacheon", "#4a5f1d", "02-3677-0000"),
    _municipality("guri", "구리시", "Guri", "#8a4b14", "031-550-0000"),
    _municipality("namyangju", "남양주시", "Namyangju", "#2e6b4f", "031-590-0000"),
    _municipality("osan", "오산시", "Osan", "#5b4bb0", "031-8036-0000"),
    _municipality("siheung", "시흥시", "Siheung", "#006b9e", "031-310-0000"),
    _municipality("gunpo", "군포시", "Gunpo", "#8d3f86", "031-392-0000"),
    _municipality("uiwang", "의왕시", "Uiwang", "#35688c", "031-345-0000"),
    _municipality("hanam", "하남시", "Hanam", "#a14a12", "031-790-0000"),
    _municipality("yongin", "용인시", "Yongin", "#b23a1e", "031-324-0000"),
    _municipality("paju", "파주시", "Paju", "#1f6f3f", "031-940-0000"),
    _municipality("icheon", "이천시", "Icheon", "#7d5312", "031-644-0000"),
    _municipality("anseong", "안성시", "Anseong", "#95424d", "031-678-0000"),
    _municipality("gimpo", "김포시", "Gimpo", "#27658a", "031-980-0000"),
    _municipality("hwaseong", "화성시", "Hwaseong", "#5a3fa0", "031-369-0000"),
    _municipality("gwangju", "광주시", "Gwangju", "#6a5a12", "031-760-0000"),
    _municipality("yangju", "양주시", "Yangju", "#3b6470", "031-8082-0000"),
    _municipality("pocheon", "포천시", "Pocheon", "#2f6a5e", "031-538-0000"),
    _municipality("yeoju", "여주시", "Yeoju", "#83502a", "031-887-0000"),
    _municipality("yeoncheon", "연천군", "Yeoncheon", "#4b5aa8", "031-839-0000"),
    _municipality("gapyeong", "가평군", "Gapyeong", "#2a6f2f", "031-580-0000"),
    _municipality("yangpyeong", "양평군", "Yangpyeong", "#47662a", "031-773-0000"),
)
