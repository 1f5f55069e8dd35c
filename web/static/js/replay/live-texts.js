/** The sentences of a replay whose class goes on, Korean and English. */

const ko = {
  "live.title": "수업이 진행되고 있습니다",
  "live.body": "처음부터 볼 수 있습니다. 실제 수업보다 15초쯤 늦습니다.",
  "live.newest": "가장 최근으로",
  "live.enter": "수업 입장",
  "live.no-chat": "아직 채팅이 없습니다.",
};

/** @type {{[Key in keyof typeof ko]: string}} */
const en = {
  "live.title": "This class is going on",
  "live.body": "You can watch it from the beginning. It is about 15 seconds behind the class.",
  "live.newest": "Go to the newest",
  "live.enter": "Join class",
  "live.no-chat": "No chat so far.",
};

export const LIVE_TEXTS = { ko, en };
