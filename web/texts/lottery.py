"""A lottery that anybody can check."""

KO: dict[str, str] = {
    "draw.number": "접수 번호 {number}",
    "draw.at": "{at} 마감 뒤 추첨",
    "draw.words": "{at}까지 신청한 분 가운데 추첨합니다. 먼저 신청해도 유리하지 않습니다.",
    "draw.see": "추첨 결과와 검증",
    "draw.go": "지금 추첨하기",
    "draw.fair": "공정한 추첨",
    "draw.fair-words": "추첨에 쓸 값은 이미 정해져 있습니다. 아래는 그 값의 지문(SHA-256)입니다. 추첨 뒤 값을 "
    "공개하므로 누구나 결과를 확인할 수 있습니다.",
    "draw.title": "추첨 결과",
    "draw.drawn-at": "{at} 추첨 · 신청 {n}명 · 정원 {capacity}명",
    "draw.how": "누구나 확인할 수 있습니다",
    "draw.how-words": "‘추첨 값:접수 번호’의 SHA-256 지문을 작은 것부터 늘어놓은 차례가 추첨 순서입니다. "
    "추첨 값의 지문은 신청을 받을 때부터 과정 화면에 공개되어 있었습니다.",
    "draw.seed": "추첨 값",
    "draw.example": "접수 번호 1의 지문 구하기:",
    "draw.kept-words": "주민 우선 자리와 시·군별 한도 때문에, 앞 순서라도 자리가 없으면 건너뜁니다.",
    "draw.mine": "내 접수 번호 {number}번: {result}",
    "draw.mine.enrolled": "접수 번호 {number}번, 선정되었습니다.",
    "draw.mine.waiting": "접수 번호 {number}번, 대기자입니다. 자리가 나면 알려 드립니다.",
    "draw.mine.not-drawn": "접수 번호 {number}번, 아쉽게도 선정되지 않았습니다.",
    "draw.me": "나",
    "draw.order": "추첨 순서",
    "draw.application": "접수 번호",
    "draw.result": "결과",
    "draw.nobody": "신청한 분이 없었습니다.",
    "done.drawn": "추첨했습니다. 결과는 누구나 확인할 수 있습니다.",
    "error.draw-too-early": "아직 신청을 받고 있습니다. {closed_at} 뒤에 추첨해 주세요.",
    "error.drawn-already": "이미 추첨했습니다. 추첨 결과를 확인해 주세요.",
}

EN: dict[str, str] = {
    "draw.number": "Application number {number}",
    "draw.at": "drawn after {at}",
    "draw.words": "Seats are drawn among all who apply until {at}. Being first is no advantage.",
    "draw.see": "Result of the draw, and how to check it",
    "draw.go": "Draw now",
    "draw.fair": "A fair draw",
    "draw.fair-words": "The value the draw will use is fixed already. This is its fingerprint (SHA-256). "
    "After the draw the value is shown, so that anybody can check the result.",
    "draw.title": "Result of the draw",
    "draw.drawn-at": "Drawn {at} · {n} {n:application|applications} · {capacity} seats",
    "draw.how": "Anybody can check this",
    "draw.how-words": "The order of the draw is the order of the SHA-256 fingerprints of “value:application number”, "
    "smallest first. "
    "The fingerprint of the value has stood on the course page since applications opened.",
    "draw.seed": "Value",
    "draw.example": "Fingerprint of application number 1:",
    "draw.kept-words": "Seats kept for residents and limits per municipality may pass over somebody who is early in the order.",
    "draw.mine": "Your application, number {number}: {result}",
    "draw.mine.enrolled": "Application {number}: you have a seat.",
    "draw.mine.waiting": "Application {number}: you are on the waitlist and will be told when a seat is free.",
    "draw.mine.not-drawn": "Application {number}: sorry, you were not drawn.",
    "draw.me": "You",
    "draw.order": "Order",
    "draw.application": "Application number",
    "draw.result": "Result",
    "draw.nobody": "Nobody had applied.",
    "done.drawn": "The draw was made. Anybody can check the result.",
    "error.draw-too-early": "Applications are still open. Please draw after {closed_at}.",
    "error.drawn-already": "The draw was made before. Please look at its result.",
}
