"""The province's first page and what it leads to."""

KO: dict[str, str] = {
    "portal.headline": "배우고 싶은 마음, 어디서나 이어집니다",
    "portal.lead": "경기도 31개 시·군의 강의를 한 아이디로 신청하고, 집에서 실시간으로 듣습니다.",
    "portal.fields": "분야별 과정",
    "portal.live": "오늘의 실시간 강의",
    "portal.live-empty": "지금 진행 중인 강의가 없습니다. 새로 모집하는 과정을 살펴보세요.",
    "portal.upcoming": "곧 시작하는 강의",
    "portal.open": "모집 중인 과정",
    "portal.open-empty": "지금 모집 중인 과정이 없습니다. 다른 과정을 살펴보세요.",
    "portal.items": "언제든 배우는 온라인 자료",
    "portal.sites": "우리 시·군 배움터",
    "portal.waiting": "곧 문을 여는 시·군",
    "portal.sites-lead": "사는 곳의 배움터를 골라 보세요. 다른 시·군의 과정도 같은 아이디로 들을 수 있습니다.",
    "item.minutes": "{n}분",
}

EN: dict[str, str] = {
    "portal.headline": "Keep learning, wherever you are",
    "portal.lead": "Apply for courses of all 31 municipalities of Gyeonggi with one account, and join them live from home.",
    "portal.fields": "Courses by subject",
    "portal.live": "Live lectures today",
    "portal.live-empty": "No lecture is live right now. Have a look at the courses open for application.",
    "portal.upcoming": "Starting soon",
    "portal.open": "Open for application",
    "portal.open-empty": "No course is open for application right now. Have a look at the others.",
    "portal.items": "Learn online at any time",
    "portal.sites": "Your municipality",
    "portal.waiting": "Opening soon",
    "portal.sites-lead": "Choose where you live. The same account opens the courses of every other municipality too.",
    "item.minutes": "{n} min",
}
