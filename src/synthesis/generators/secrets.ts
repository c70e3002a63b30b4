// Removes secrets from messages of servers and programs, in any spelling: plain, escaped, percent-encoded,
// Base64 or hexadecimal.
import { Buffer } from "node:buffer";

/** The environment's variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REDACTED = "[key]";
/**
 * Shorter values are ignored: keys of local servers are often "none" or "ollama", and removing such words
 * would change unrelated texts, while a secret of seven characters protects nothing.
 */
const SHORTEST = 8;
/**
 * Longer secrets (certificates) are matched in pieces of this length: a part is equally secret, and
 * patterns stay small.
 */
const PIECE = 128;
/** What one character may take where it is escaped: `\\\\u002b`, `&#x2b;`, `%252b`. */
const LONGEST_CHARACTER = 10;

/** Holds secrets so that neither `JSON.stringify` nor `util.inspect` can show them. */
export class Secrets {
  readonly #pattern: RegExp | undefined;
  /** No spelling of a secret is longer; what is cut off loses as much beside the cut. */
  readonly #reach: number;

  constructor(secrets: Iterable<string>) {
    const pieces = [...new Set([...secrets].filter((secret) => secret.length >= SHORTEST).flatMap(piecesOf))];
    pieces.sort((a, b) => b.length - a.length);
    const spellings = pieces.flatMap(spellingsOf);
    this.#pattern = spellings.length === 0 ? undefined : new RegExp(spellings.join("|"), "g");
    this.#reach = Math.max(0, ...pieces.map(({ length }) => length)) * LONGEST_CHARACTER;
  }

  /** The text without the secrets. */
  redact(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, REDACTED);
  }

  /** The same for a truncated text: also removes half a secret at the cut. */
  redactCut(text: string, cut: "beginning" | "end"): string {
    const kept =
      cut === "end" ? text.slice(0, Math.max(0, text.length - this.#reach)) : text.slice(this.#reach);
    return this.redact(kept);
  }

  /** Plain JSON without the secrets in its texts and names. */
  redactJson(value: unknown): unknown {
    if (this.#pattern === undefined) return value;
    if (typeof value === "string") return this.redact(value);
    if (Array.isArray(value)) return value.map((item) => this.redactJson(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [this.redact(name), this.redactJson(inner)]),
    );
  }
}

const SECRET_NAME =
  /KEY(?!BOARD|MAP)|TOKEN|SECRET|PASSW|PASSPHRASE|(^|_)PASS($|_)|._PWD$|CREDENTIAL|AUTH(?!OR(?!I[SZ]))|COOKIE|SESSION_?ID|JWT|BEARER|PRIVATE|SIGNATURE|WEBHOOK|(^|_)(DSN|PAT|CREDS?|SAS|PSK|OTP)$|(^|_)PAT_|CONN(ECTION)?_?STR/i;

/**
 * The values of variables with secret-like names, and the passwords in addresses (`DATABASE_URL`,
 * `HTTPS_PROXY`) of any variable.
 */
export function secretsOf(environment: Environment): string[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    const text = value?.trim() ?? "";
    return [...(SECRET_NAME.test(name) ? [text] : []), ...passwordsOf(text)];
  });
}

/** The password of an address, both as written and decoded, with and without the name before it. */
export function passwordsOf(text: string): string[] {
  const found = /^[a-z][a-z0-9+.-]*:\/\/([^\s/@]*):([^\s/]+)@/i.exec(text);
  if (found === null) return [];
  const [, user = "", password = ""] = found;
  return [password, decoded(password), `${user}:${password}`, `${decoded(user)}:${decoded(password)}`];
}

function decoded(text: string): string {
  return /%(?![0-9a-f]{2})/i.test(text) ? text : Buffer.from(unescapedBytes(text)).toString("utf8");
}

function unescapedBytes(text: string): number[] {
  return [
    ...Buffer.from(text, "utf8")
      .toString("latin1")
      .matchAll(/%([0-9a-f]{2})|([\s\S])/gi),
  ].map(([, hex, plain = ""]) => (hex === undefined ? plain.charCodeAt(0) : Number.parseInt(hex, 16)));
}

function piecesOf(secret: string): string[] {
  if (secret.length <= PIECE) return [secret];
  const count = Math.ceil(secret.length / PIECE);
  const length = Math.ceil(secret.length / count);
  return Array.from({ length: count }, (_, i) => secret.slice(i * length, (i + 1) * length));
}

/** Patterns of all spellings of a secret, the longest first. */
function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, "utf8");
  return [...base64sOf(bytes), hexOf(bytes), [...secret].map(characterPattern).join("")];
}

const NAMED: Readonly<Record<string, string>> = {
  "&": "amp",
  "<": "lt",
  ">": "gt",
  '"': "quot",
  "'": "apos",
};
const BACKSLASH_LETTERS: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t" };

/** A character as it is, behind backslashes (JSON in JSON, shells), as `\u002b` or `\x2b`, percent-encoded (twice), or as an HTML entity. */
function characterPattern(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const percent = [...Buffer.from(character, "utf8")]
    .map((byte) => `%(?:25)?${anyCase(byte.toString(16).padStart(2, "0"))}`)
    .join("");
  const units = Array.from(
    { length: character.length },
    (_, i) => `\\\\{1,4}u${anyCase(character.charCodeAt(i).toString(16).padStart(4, "0"))}`,
  ).join("");
  const named = NAMED[character];
  const letter = BACKSLASH_LETTERS[character];
  return `(?:${[
    character === "\\" ? "\\\\{1,8}" : `\\\\{0,4}${literal(character)}`,
    units,
    percent,
    `&#(?:0*${code}|[xX]0*${anyCase(code.toString(16))});`,
    ...(code < 256 ? [`\\\\{1,4}x${anyCase(code.toString(16).padStart(2, "0"))}`] : []),
    ...(named === undefined ? [] : [`&${named};`]),
    ...(letter === undefined ? [] : [`\\\\{1,4}${letter}`]),
    ...(character === " " ? ["\\+"] : []),
  ].join("|")})`;
}

/** The Base64 of bytes wherever they begin among others (`user:` before them, say), in both alphabets: without the digits they share. */
function base64sOf(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const digits = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const own = digits.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    return `${[...own].map(base64Pattern).join("")}={0,2}`;
  });
}

function base64Pattern(digit: string): string {
  if (digit === "+") return `(?:\\\\{0,4}\\+|-|%2[bB]|\\\\{1,4}u002[bB])`;
  if (digit === "/") return `(?:\\\\{0,4}/|_|%2[fF]|\\\\{1,4}u002[fF])`;
  return digit;
}

function hexOf(bytes: Buffer): string {
  return anyCase(bytes.toString("hex"));
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");
}
