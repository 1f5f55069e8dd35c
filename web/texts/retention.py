"""How long personal data is kept: of every kind what goes, and what stays."""

KO: dict[str, str] = {
    "retention.title": "개인정보 보관 기간",
    "retention.lead": "기간이 지난 개인정보는 매일 자정이 지나면 저절로 지워집니다. 기간은 31개 시·군에 똑같이 적용됩니다.",
    "retention.kind": "종류",
    "retention.days": "보관 일수",
    "retention.least": "최소 {n}일",
    "retention.due": "기한 지남",
    "retention.last": "마지막 실행",
    "retention.never": "아직 실행되지 않음",
    "retention.deleted": "{n}건 삭제",
    "retention.deleted-files": "파일 {n}개",
    "retention.goes-on": "진행 중",
    "retention.kind.mails": "보낸 메일",
    "retention.what.mails": "보냈거나 끝내 보내지 못한 메일의 내용을 지웁니다. 아직 보내지 않은 메일은 그대로 둡니다.",
    "retention.kind.messages": "알림함 메시지",
    "retention.what.messages": "읽었는지와 상관없이 오래된 알림을 지웁니다.",
    "retention.kind.sessions": "끝난 로그인",
    "retention.what.sessions": "로그인 유효 기간이 끝난 날부터 셉니다. 로그인한 사람에게는 영향이 없습니다.",
    "retention.kind.chat": "수업 중 채팅",
    "retention.what.chat": (
        "쓴 날부터 셉니다. 쓴 글을 지우며 다시보기에서도 보이지 않게 됩니다. "
        "글을 쓴 사람과 시각은 수업 기록에 남고, 출석은 바뀌지 않습니다."
    ),
    "retention.kind.excuses": "결석 사유와 증빙 서류",
    "retention.what.excuses": (
        "결정한 날부터, 결정하지 않았으면 과정이 끝난 날부터 셉니다. 사유, 답변과 파일을 지우고 인정 여부는 남깁니다."
    ),
    "retention.kind.work": "과제로 낸 글과 파일",
    "retention.what.work": "과정이 끝난 날부터 셉니다. 글과 파일을 지우고 점수, 결과와 의견은 남깁니다.",
    "retention.kind.quizzes": "퀴즈에 쓴 답",
    "retention.what.quizzes": "과정이 끝난 날부터 셉니다. 고르거나 쓴 답을 지우고 점수와 응시한 날은 남깁니다.",
    "retention.kind.applications": "수강으로 이어지지 않은 신청",
    "retention.what.applications": (
        "과정이 끝난 날부터 셉니다. 취소, 거절, 미당첨, 기한이 지난 신청을 지웁니다. "
        "추첨 결과도 그때까지만 검증할 수 있습니다. 수강료나 출석 기록이 있으면 남깁니다."
    ),
    "retention.kind.access-log": "개인정보 열람 기록",
    "retention.what.access-log": "오래된 기록부터 지웁니다. 법에 따라 2년은 줄일 수 없고, 남은 기록의 위변조 확인은 계속됩니다.",
    "retention.stays": "지우지 않는 것",
    "retention.stays.history": (
        "수료증, 수강한 과정과 출석은 평생 학습이력으로 남습니다. 퀴즈 결과와 수강료 기록도 지우지 않습니다."
    ),
    "retention.stays.elsewhere": (
        "다시보기는 시·군마다 ‘보관과 삭제’에서 정합니다. 탈퇴한 계정은 30일 뒤, 메일 속 링크는 끝나고 14일 안에 지워집니다."
    ),
    "retention.runs": "삭제 기록",
    "retention.runs-lead": "무엇을 며칠 보관했고 언제 몇 건을 지웠는지 남깁니다. 개인정보는 들어 있지 않습니다.",
    "retention.none": "아직 지운 것이 없습니다.",
    "retention.day": "날짜",
    "retention.count": "삭제한 건수",
    "retention.files": "삭제한 파일",
    "retention.complete": "끝남",
    "retention.yes": "예",
    "retention.no": "아니요",
    "done.retention": "보관 기간을 저장했습니다. 다음 날 실행부터 적용됩니다.",
}
EN: dict[str, str] = {
    "retention.title": "Keeping personal data",
    "retention.lead": (
        "Personal data that was kept long enough is deleted every day after midnight. The periods hold for all 31 municipalities."
    ),
    "retention.kind": "Kind",
    "retention.days": "Days kept",
    "retention.least": "at least {n}",
    "retention.due": "Older now",
    "retention.last": "Last run",
    "retention.never": "not yet",
    "retention.deleted": "{n} deleted",
    "retention.deleted-files": "files: {n}",
    "retention.goes-on": "going on",
    "retention.kind.mails": "Sent mail",
    "retention.what.mails": "Mail that was sent, or given up, goes with its words. What waits to be sent stays.",
    "retention.kind.messages": "Messages in inboxes",
    "retention.what.messages": "Old messages go, read or not.",
    "retention.kind.sessions": "Ended sign-ins",
    "retention.what.sessions": "Counted from the day a sign-in ran out. Nobody who is signed in notices.",
    "retention.kind.chat": "Chat of classes",
    "retention.what.chat": (
        "Counted from when it was written. The words go, from the replay as well. "
        "Who wrote and when stays in the log of the class, and attendance does not change."
    ),
    "retention.kind.excuses": "Excuses and their documents",
    "retention.what.excuses": (
        "Counted from the decision, or the end of the course where there was none. "
        "Reason, answer and file go; what was decided stays."
    ),
    "retention.kind.work": "Texts and files of assignments",
    "retention.what.work": "Counted from the end of the course. Text and file go; score, result and feedback stay.",
    "retention.kind.quizzes": "Answers in quizzes",
    "retention.what.quizzes": "Counted from the end of the course. What was chosen or written goes; score and date stay.",
    "retention.kind.applications": "Applications that led to no seat",
    "retention.what.applications": (
        "Counted from the end of the course. Cancelled, declined, not drawn and lapsed ones go, and a draw can be checked "
        "only until then. Those with a fee or with attendance stay."
    ),
    "retention.kind.access-log": "Log of access to personal data",
    "retention.what.access-log": (
        "The oldest rows go. Two years are the law's and cannot be shortened; the rest can still be checked for changes."
    ),
    "retention.stays": "What is not deleted",
    "retention.stays.history": (
        "Certificates, courses taken, attendance and the learning history stay for life, as do results of quizzes and fees."
    ),
    "retention.stays.elsewhere": (
        "Replays go by what each municipality sets under “Keeping and deleting”. "
        "Closed accounts are erased after 30 days, links in mails within 14 days of their end."
    ),
    "retention.runs": "What was deleted",
    "retention.runs-lead": "Which period, which day, how many. There is no personal data in it.",
    "retention.none": "Nothing was deleted yet.",
    "retention.day": "Day",
    "retention.count": "Rows deleted",
    "retention.files": "Files deleted",
    "retention.complete": "Complete",
    "retention.yes": "yes",
    "retention.no": "no",
    "done.retention": "The period was saved. It holds from the next day's run.",
}
