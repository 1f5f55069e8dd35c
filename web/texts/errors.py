"""What went wrong and what to do about it, where no page of its own says so."""

KO: dict[str, str] = {
    "error.title.not-found": "페이지를 찾을 수 없습니다",
    "error.title.server-error": "잠시 문제가 생겼습니다",
    "error.title.not-allowed": "이용할 수 없습니다",
    "error.title.other": "요청을 처리하지 못했습니다",
    "error.not-found": "주소가 바뀌었거나 볼 수 있는 권한이 없습니다. 처음 화면에서 다시 찾아 주세요.",
    "error.bad-request": "요청을 이해하지 못했습니다. 이전 화면으로 돌아가 다시 시도해 주세요.",
    "error.slow-request": "연결이 느려 요청을 다 받지 못했습니다. 다시 시도해 주세요.",
    "error.too-large": "보낸 내용이 너무 큽니다. 줄여서 다시 보내 주세요.",
    "error.unavailable": "지금은 이용할 수 없습니다. 잠시 뒤 다시 시도해 주세요.",
    "error.database-away": "지금 자료를 불러올 수 없습니다. 진행 중인 수업과 출석 기록은 안전합니다. 잠시 뒤 다시 시도해 주세요.",
    "error.server-error": "우리 쪽 문제로 요청을 처리하지 못했습니다. 잠시 뒤 다시 시도해 주세요.",
    "error.invalid": "값이 올바르지 않습니다. 표시된 항목을 확인해 주세요.",
    "error.not-allowed": "이 일을 할 권한이 없습니다. 시·군 담당자에게 문의해 주세요.",
    "error.database-newer": "서비스를 점검하고 있습니다. 잠시 뒤 다시 시도해 주세요.",
    "error.no-hangul-font": "서버에 한글 글꼴이 없어 수료증을 만들 수 없습니다. 관리자에게 알려 주세요.",
}

EN: dict[str, str] = {
    "error.title.not-found": "Page not found",
    "error.title.server-error": "Something went wrong",
    "error.title.not-allowed": "Not available to you",
    "error.title.other": "That did not work",
    "error.not-found": "The address may have changed, or this page is not for you to see. Please start again from the home page.",
    "error.bad-request": "We did not understand that. Please go back and try again.",
    "error.slow-request": "Your connection was too slow for the request to arrive. Please try again.",
    "error.too-large": "That was too large. Please send less.",
    "error.unavailable": "This is not available right now. Please try again in a moment.",
    "error.database-away": "Our records cannot be reached just now. Classes go on. Please try again in a moment.",
    "error.server-error": "We made a mistake and could not do that. Please try again in a moment.",
    "error.invalid": "A value is not right. Please check the named fields.",
    "error.not-allowed": "You have no right to do this. Please ask your municipality.",
    "error.database-newer": "The service is being maintained. Please try again in a moment.",
    "error.no-hangul-font": "The server has no Korean font and cannot make certificates. Please tell an administrator.",
}
