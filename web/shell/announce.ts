// What screen readers are told: one polite live region for the whole page.

const REGION = "announcements";
let turn = false;

/** Says something to a screen reader without moving the focus. */
export function announce(message: string): void {
  const region = document.getElementById(REGION);
  if (region === null) return;
  turn = !turn;
  region.textContent = message + (turn ? "\u00a0" : ""); // the same words twice are two messages
}

/** The id of the region. */
export const ANNOUNCEMENTS = REGION;
