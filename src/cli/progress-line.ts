// Formats a progress bar as one line: the most important part first, never wider than the terminal.

export interface ProgressState {
  readonly label: string;
  readonly done: number;
  /** 0 when it is not known. */
  readonly total: number;
  /** Additional text, such as the loss. */
  readonly note: string;
  /** Estimated seconds left. */
  readonly remaining: number | undefined;
}

const WIDEST_BAR = 24;
const NARROWEST_BAR = 8;
const SPARE = 3; // a full line would wrap, and the terminal echoes ^C behind it

/** Count and remaining time, the bar, and as many parts of the note, which commas separate, as fit. */
export function progressLine(state: ProgressState, columns: number): string {
  const { label, done, total, note, remaining } = state;
  const room = Math.max(1, columns - SPARE);
  const count = total > 0 ? `${done}/${total}` : done > 0 ? String(done) : ""; // nothing to count: only the label
  const left = remaining === undefined ? "" : ` ${duration(remaining)} left`;
  let line = count === "" ? `${label}${left}` : `${label} ${count}${left}`;
  if (total > 0) {
    const free = room - line.length - 3 - (note === "" ? 0 : 1 + note.length); // 3: the bar's frame and a space
    const width = Math.min(WIDEST_BAR, Math.max(NARROWEST_BAR, free));
    if (room - line.length - 3 >= width) line = `${label} ${barOf(done / total, width)} ${count}${left}`;
  }
  for (const [i, part] of note.split(", ").entries()) {
    const longer = `${line}${i === 0 ? " " : ", "}${part}`;
    if (part === "" || longer.length > room) break;
    line = longer;
  }
  return cut(line, room);
}

/** "1 h 5 min", "3 min 20 s", "12 s". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown time";
  const whole = Math.max(0, Math.round(seconds));
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole} s`;
}

function barOf(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `[${"=".repeat(full)}${"-".repeat(width - full)}]`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`;
}
