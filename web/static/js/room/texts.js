/** Every sentence of the live room, Korean and English: a file an area. A test keeps both complete; names that tests and screen readers rely on are in contract.md §3. */

import * as lobby from "./texts/lobby.js";
import * as stage from "./texts/stage.js";
import * as panel from "./texts/panel.js";
import * as dialogs from "./texts/dialogs.js";
import * as notices from "./texts/notices.js";
import * as over from "./texts/over.js";

const ko = { ...lobby.ko, ...stage.ko, ...panel.ko, ...dialogs.ko, ...notices.ko, ...over.ko };
const en = { ...lobby.en, ...stage.en, ...panel.en, ...dialogs.en, ...notices.en, ...over.en };

export const TEXTS = { ko, en };

/** @typedef {keyof typeof ko} TextKey */
/** @typedef {(key: TextKey, values?: Record<string, string | number>) => string} Words */
