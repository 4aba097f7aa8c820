// @ts-check
/**
 * What users read, in English: `{what}` stands for a write's label. The files in
 * `languages/` have the same texts, which is what the build compares them with.
 */

export const TEXTS = {
  tag: "en",
  direction: "ltr",
  heading: "Not sent yet",
  waiting: "Waits to be sent",
  sending: "Is being sent",
  unknown: "May have been received; nobody can tell",
  refused: "Was not accepted",
  tooOld: "Is too old to be sent by itself",
  cancel: "Cancel",
  sendNow: "Send now",
  sendAgain: "Send again",
  wentThrough: "It went through",
  remove: "Remove",
  wasAdded: "{what} is stored on this device, and sent later.",
  wasSent: "{what} was sent.",
  wasRemoved: "{what} was removed.",
  isUnknown: "{what} may have been received. Please decide what to do.",
  wasRefused: "{what} was not accepted.",
  isBeingSent: "{what} is being sent right now.",
  formSending: "Sending …",
  formSent: "Sent.",
  formQueued:
    "The site does not answer. What you entered is stored on this device and sent as soon as possible. You need not send it again.",
  formUnknown:
    "The answer was lost: what you entered may have been received. It is stored on this device; please check before you send it again.",
  formRefused: "What you entered was not accepted.",
  formFull:
    "There is no room to store what you entered, and it was not sent. Please try again later.",
  formFailed: "What you entered was not sent, and could not be stored.",
  pageBack: "Back",
};

/** @typedef {typeof TEXTS} Texts */

/** @param {string} text @param {string} what */
export const said = (text, what) => text.replace("{what}", () => what);
