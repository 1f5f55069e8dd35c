"""Recordings, replay, captions, uploads and storage, in both languages."""

KO: dict[str, str] = {
    "error.not-in-recording": "이 수업에 참여하지 않아 녹화에 나오지 않습니다.",
    "error.recording-edited": "그사이 다른 사람이 편집했습니다. 화면을 새로 고친 뒤 다시 편집해 주세요.",
    "error.cut-reversed": "자를 구간의 끝은 시작보다 뒤여야 합니다. 시각을 확인해 주세요.",
    "error.cut-outside": "자를 구간이 영상 길이를 넘습니다. 시각을 확인해 주세요.",
    "error.nothing-left": "모두 잘라 내면 남는 영상이 없습니다. 구간을 줄여 주세요.",
    "error.chapter-outside": "장 시작이 영상 길이를 넘습니다. 시각을 확인해 주세요.",
    "error.chapters-together": "두 장이 1초 안에 붙어 있습니다. 하나를 옮기거나 지워 주세요.",
    "log.what.consent-withdrawn": "녹화 동의 철회",
    "error.captions-too-large": "자막 파일이 {megabytes} MB보다 큽니다. 나누거나 줄여서 올려 주세요.",
    "error.captions-wrong": "자막 파일(WebVTT, SRT)로 읽을 수 없습니다. {line}번째 줄을 확인해 주세요.",
}
EN: dict[str, str] = {
    "error.not-in-recording": "Was not in this class, so is not in the recording.",
    "error.recording-edited": "Somebody else edited meanwhile. Please reload the page and edit again.",
    "error.cut-reversed": "A cut must end after it begins. Please check its times.",
    "error.cut-outside": "A cut begins after the end of the recording. Please check its times.",
    "error.nothing-left": "These cuts leave nothing. Please make them shorter.",
    "error.chapter-outside": "A chapter begins after the end of the recording. Please check its time.",
    "error.chapters-together": "Two chapters begin within a second. Please move or remove one.",
    "log.what.consent-withdrawn": "Took back consent to be recorded",
    "error.captions-too-large": "The caption file is larger than {megabytes} MB. Please make it smaller.",
    "error.captions-wrong": "This cannot be read as captions (WebVTT, SRT). Please look at line {line}.",
}
