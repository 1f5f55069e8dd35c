"""The catalogue of recordings: what one has watched, uploads, captions, keeping and deleting, in both languages."""

KO: dict[str, str] = {
    "me.begun": "이어보기",
    "watched.of": "{all} 중 {watched} 시청",
    "watched.bar": "{percent}% 시청",
    "watched.full": "시청 완료",
    "watched.resume": "이어보기 {at}",
    "watched.percent": "{percent}%",
    "watched.title": "다시보기로 공부한 시간",
    "watched.sum": "모두 {time}",
    "watched.how": "같은 부분을 여러 번 보거나 두 창에서 함께 틀어도 한 번만 셉니다. 95% 이상 보면 시청 완료입니다.",
}
EN: dict[str, str] = {
    "me.begun": "Continue watching",
    "watched.of": "{watched} of {all} watched",
    "watched.bar": "{percent}% watched",
    "watched.full": "Watched",
    "watched.resume": "Continue at {at}",
    "watched.percent": "{percent}%",
    "watched.title": "Learning with replays",
    "watched.sum": "{time} in all",
    "watched.how": "Watching a part again, or in two windows at once, counts once. 95% or more is all of it.",
}
