"""Certificates as PDF/UA, in Korean or English. The fonts come from a package, so that no machine prints empty boxes."""

import io
import json
from datetime import date, datetime
from functools import cached_property
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import segno

from classroom.certificates import Certificate, Paper
from classroom.errors import ClassroomError
from classroom.sites import Logo
from classroom.statements import Statement

if TYPE_CHECKING:
    import typst

HANGUL_FONTS = (
    "Noto Serif KR",
    "Noto Sans KR",
    "NanumMyeongjo",
    "Nanum Myeongjo",
    "NanumGothic",
    "Nanum Gothic",
    "Noto Serif CJK KR",
)
"""In order of preference."""
_FONT_PACKAGE = "pylopdf_fonts_ko"
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905

WORDS: dict[str, dict[str, str]] = {
    "ko": {
        "heading": "수료증",
        "course": "과정",
        "period": "기간",
        "hours": "교육 시간",
        "attended": "출석",
        "statement": "위 사람은 위 과정을 성실히 마쳤으므로 이 증서를 드립니다.",
        "verify": "이 수료증이 진짜인지 아래 주소에서 확인할 수 있습니다.",
        "code": "확인 번호",
        "qr_alt": "수료증 확인 주소로 가는 QR 코드",
        "revoked": "취소된 수료증",
        "seal": "{name} 직인",
    },
    "en": {
        "heading": "Certificate of Completion",
        "course": "Course",
        "period": "Period",
        "hours": "Hours",
        "attended": "Attendance",
        "statement": "This certifies that the person named above has completed the course.",
        "verify": "Anybody can check this certificate at the address below.",
        "code": "Verification code",
        "qr_alt": "QR code that leads to the verification page",
        "revoked": "Revoked",
        "seal": "Seal of {name}",
    },
}

STATEMENT_WORDS: dict[str, dict[str, Any]] = {
    "ko": {
        "heading": "학습이력 확인서",
        "name": "이름",
        "head": ["과정", "기관", "기간", "시간", "출석", "수료증"],
        "total": "모두 {courses}개 과정, {n}시간",
        "statement": "위 사람이 경기도 평생학습 실시간 강의실에서 위와 같이 배웠음을 확인합니다.",
        "issuer": "경기도 평생학습 실시간 강의실",
        "verify": "이 확인서가 진짜인지 아래 주소에서 확인할 수 있습니다.",
        "code": "확인 번호",
        "qr_alt": "확인서 확인 주소로 가는 QR 코드",
    },
    "en": {
        "heading": "Statement of Learning",
        "name": "Name",
        "head": ["Course", "Issuer", "Period", "Hours", "Lessons", "Certificate"],
        "total": "{courses} courses, {n} hours in all",
        "statement": "This confirms that the person named above has learned as listed.",
        "issuer": "Gyeonggi Lifelong Learning Live Classroom",
        "verify": "Anybody can check this statement at the address below.",
        "code": "Verification code",
        "qr_alt": "QR code that leads to the verification page",
    },
}


class TypstCertificates:
    """Satisfies `classroom.certificate_ports.CertificateRenderer`. Rendering takes some 50 ms of CPU: call it in a thread."""

    def __init__(self, *, system_fonts: bool = True, packaged_fonts: bool = True) -> None:
        self._system_fonts, self._packaged_fonts = system_fonts, packaged_fonts
        self._template = files("classroom").joinpath("certificate.typ").read_bytes()
        self._statement = files("classroom").joinpath("statement.typ").read_bytes()

    @cached_property
    def _fonts(self) -> "typst.Fonts":
        """Read when the first page is made: the typesetter and its fonts are 20 MB, and many servers' days pass without one."""
        import typst

        spec = find_spec(_FONT_PACKAGE) if self._packaged_fonts else None
        paths: list[str] = [str(Path(spec.origin).parent)] if spec is not None and spec.origin is not None else []
        return typst.Fonts(include_system_fonts=self._system_fonts, include_embedded_fonts=True, font_paths=paths)

    @cached_property
    def _hangul(self) -> list[str]:
        known = set(self._fonts.families())
        return [name for name in HANGUL_FONTS if name in known]

    def render(
        self, certificate: Certificate, *, verify_url: str, locale: str, seal: Logo | None = None, brand: str = "#083891"
    ) -> bytes:
        """PDF/UA-1 of `certificate`. Raises ClassroomError("no-hangul-font") instead of printing boxes."""
        data = self._data(certificate, verify_url, "en" if locale == "en" else "ko", brand)
        pictures: dict[str, bytes] = {}
        if seal is not None:
            data["seal_picture"] = "seal.jpg" if seal.mime == "image/jpeg" else "seal.png"
            pictures[data["seal_picture"]] = seal.data
        return self._compile(self._template, data, certificate.issued_at, pictures)

    def render_statement(self, statement: Statement, *, verify_url: str, locale: str) -> bytes:
        """PDF/UA-1 of a learning-history statement. Raises as `render`."""
        locale = "en" if locale == "en" else "ko"
        words = STATEMENT_WORDS[locale]
        data = {
            "words": words,
            "lang": locale,
            "region": "KR" if locale == "ko" else "GB",
            "fonts": self._hangul,
            "brand": "#083891",
            "name": statement.name,
            "rows": [
                [
                    line.course.in_(locale),
                    line.municipality.in_(locale),
                    f"{line.begins_on:%Y.%m.%d} – {line.ends_on:%Y.%m.%d}",
                    f"{line.hours:g}",
                    f"{line.lessons_attended}/{line.lessons}" if line.lessons else "–",
                    line.certificate or "–",
                ]
                for line in statement.lines
            ],
            "hours": words["total"].format(n=f"{statement.hours:g}", courses=len(statement.lines)),
            "issued_on": date_text(statement.issued_on, locale),
            "qr": _qr(verify_url),
            "verify_url": verify_url,
            "code": statement.shown_code,
        }
        return self._compile(self._statement, data, statement.issued_at, {})

    def _compile(self, template: bytes, data: dict[str, Any], at: datetime, pictures: dict[str, bytes]) -> bytes:
        if not self._hangul:
            raise ClassroomError("no-hangul-font")
        import typst

        sources: Any = {"main.typ": template, **pictures}
        compiler = typst.Compiler(sources, font_paths=self._fonts, sys_inputs={"data": json.dumps(data, ensure_ascii=False)})
        made = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=int(at.timestamp()))
        assert isinstance(made, bytes), "a PDF is one file"
        return made

    def _data(self, certificate: Certificate, verify_url: str, locale: str, brand: str) -> dict[str, Any]:
        paper = certificate.paper
        issuer = paper.municipality.in_(locale)
        return {
            "words": WORDS[locale],
            "lang": locale,
            "region": "KR" if locale == "ko" else "GB",
            "fonts": self._hangul,
            "brand": brand,
            "tracking": 0.5 if locale == "ko" else 0.0,
            "heading_size": 40 if locale == "ko" else 30,
            "number": paper.number,
            "name": paper.name,
            "rows": _rows(paper, locale),
            "issued_on": date_text(paper.issued_on, locale),
            "issuer": issuer,
            "seal_picture": "",
            "seal_alt": WORDS[locale]["seal"].format(name=issuer),
            "seal": _seal(paper.municipality.ko),
            "seal_size": 15 if len(paper.municipality.ko) <= 4 else 12,
            "qr": _qr(verify_url),
            "verify_url": verify_url,
            "code": certificate.shown_code,
            "revoked": certificate.revoked_at is not None,
        }


def date_text(day: date, locale: str) -> str:
    """2026년 11월 23일 / 23 November 2026."""
    if locale == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}년 {day.month}월 {day.day}일"


def _rows(paper: Paper, locale: str) -> list[tuple[str, str]]:
    words = WORDS[locale]
    period = date_text(paper.begins_on, locale)
    if paper.ends_on != paper.begins_on:
        period += f" – {date_text(paper.ends_on, locale)}"
    hours = f"{paper.hours:g}시간" if locale == "ko" else f"{paper.hours:g}"
    attended = (
        f"{paper.lessons}회 중 {paper.lessons_attended}회"
        if locale == "ko"
        else f"{paper.lessons_attended} of {paper.lessons} lessons"
    )
    facts = [(words["course"], paper.course.in_(locale)), (words["period"], period), (words["hours"], hours)]
    # A course that is only watched has no lessons to have been in.
    return [*facts, (words["attended"], attended)] if paper.lessons else facts


def _seal(name: str) -> str:
    """The issuer's name and 인 ("seal") in two lines, as on a stamp."""
    text = name + "인"
    half = -(-len(text) // 2)
    return text[:half] + "\n" + text[half:]


def _qr(address: str) -> list[int]:
    """SVG, as the byte values typst takes."""
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", border=1, xmldecl=False, svgns=True)
    return list(out.getvalue())
