// The scripts that a text is written in, by the Unicode property of its letters.

/** Scripts told apart; letters of all others count as "other". */
const SCRIPTS = [
  "Latin",
  "Cyrillic",
  "Greek",
  "Arabic",
  "Hebrew",
  "Han",
  "Hiragana",
  "Katakana",
  "Hangul",
  "Thai",
  "Devanagari",
  "Bengali",
  "Gurmukhi",
  "Gujarati",
  "Tamil",
  "Telugu",
  "Kannada",
  "Malayalam",
  "Sinhala",
  "Lao",
  "Khmer",
  "Myanmar",
  "Tibetan",
  "Georgian",
  "Armenian",
  "Ethiopic",
  "Cherokee",
] as const;
export type Script = (typeof SCRIPTS)[number] | "other";

const PATTERNS = SCRIPTS.map((script) => [script, new RegExp(`\\p{Script=${script}}`, "u")] as const);
const LETTER = /\p{L}/u;
const ALL: readonly Script[] = [...SCRIPTS, "other"];

/** Known code points: 0 not looked up yet, 1 no letter, else the position in `ALL` plus 2. */
const KNOWN = new Uint8Array(0x110000);

function lookUp(point: number): number {
  const character = String.fromCodePoint(point);
  if (!LETTER.test(character)) return 1;
  const at = PATTERNS.findIndex(([, pattern]) => pattern.test(character));
  if (at >= 0) return at + 2;
  // Letters of mathematics and the like belong to no script.
  return /[\p{Script=Common}\p{Script=Inherited}]/u.test(character) ? 1 : ALL.length + 1;
}

/** Counts the letters of a text by script, links and user names included. */
export function lettersByScript(text: string): ReadonlyMap<Script, number> {
  const counts = new Map<Script, number>();
  let latin = 0; // the usual case without a Map
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      if ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a) latin++;
      continue;
    }
    const point = text.codePointAt(i) ?? unit;
    if (point > 0xffff) i++;
    let known = KNOWN[point] ?? 1;
    if (known === 0) {
      known = lookUp(point);
      KNOWN[point] = known;
    }
    if (known === 1) continue;
    const script = ALL[known - 2] ?? "other";
    counts.set(script, (counts.get(script) ?? 0) + 1);
  }
  if (latin > 0) counts.set("Latin", (counts.get("Latin") ?? 0) + latin);
  return counts;
}

/** A writing system: scripts that occur together in ordinary texts of one language. */
export type Writing = Exclude<Script, "Hiragana" | "Katakana"> | "Japanese";

/** How a text is written. */
export interface WritingOfText {
  /** The writing with most letters; undefined for a text without letters. */
  readonly main: Writing | undefined;
  /** Another writing with at least a fifth of the letters, and three of them; undefined for a text in one writing. */
  readonly second: Writing | undefined;
}

const LEAST_SHARE = 0.2;
const LEAST_LETTERS = 3;

/** The writing of a text: Han with kana is Japanese, Han with Hangul is Hangul. */
export function writingOf(text: string): WritingOfText {
  const letters = lettersByScript(text);
  if (letters.size === 0) return { main: undefined, second: undefined };
  if (letters.size === 1 && letters.has("Latin")) return { main: "Latin", second: undefined };
  const hasKana = letters.has("Hiragana") || letters.has("Katakana");
  const counts = new Map<Writing, number>();
  let total = 0;
  for (const [script, count] of letters) {
    const writing =
      script === "Hiragana" || script === "Katakana" || (script === "Han" && hasKana)
        ? "Japanese"
        : script === "Han" && letters.has("Hangul")
          ? "Hangul"
          : script;
    counts.set(writing, (counts.get(writing) ?? 0) + count);
    total += count;
  }
  const [main, second] = [...counts].sort(([, a], [, b]) => b - a);
  const isMixed = second !== undefined && second[1] >= LEAST_LETTERS && second[1] >= LEAST_SHARE * total;
  return { main: main?.[0], second: isMixed ? second[0] : undefined };
}
