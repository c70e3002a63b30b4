// One pass over the bytes of a JSON body before JSON.parse: refuses what it accepts silently or slowly, and takes the pictures out.
import { randomUUID } from "node:crypto";
import type { Pausable } from "../../../base/turns.ts";
import { RequestError } from "../request-error.ts";

/** Objects in objects; requests nest five deep. */
const MAX_DEPTH = 32;
/** Strings, numbers, objects and lists: JSON.parse takes some 10 ms for as many. */
const MAX_VALUES = 100_000;
/** A shorter string stays where it is. */
const LEAST_TAKEN = 1024;
/** Bytes between two looks at the clock. */
const STRIDE = 32_768;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const OPEN_LIST = 0x5b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_LIST = 0x5d;

/** JSON without its long pictures. */
export interface ScannedJson {
  /** The body, each picture replaced by a short string. */
  readonly rest: Buffer;
  /** The bytes of the picture that a string stands for; undefined for any other string. */
  readonly taken: (text: string) => Buffer | undefined;
}

/**
 * Looks through a body in slices, so that other requests are answered meanwhile. Values of fields named `base64` are taken out: parsing
 * megabytes of them would block the event loop. It trusts nothing: JSON.parse checks what is left.
 *
 * @throws RequestError `serving/not-json` for a body that nests too deep or has too many values, `serving/duplicate-field`
 */
export function* scanJson(body: Buffer): Pausable<ScannedJson> {
  const mark = `${randomUUID()}:`; // nobody can write it, so every string that begins with it is ours
  const pieces: Buffer[] = [];
  const taken: Buffer[] = [];
  const open: (Set<string> | undefined)[] = []; // the names in each open object; undefined for a list
  let kept = 0; // end of what `pieces` has
  let values = 0;
  let from = 0; // of the last string, which is a name if a colon follows
  let to = 0;
  let isPicture = false; // whether the next string is the value of `base64`
  let pause = STRIDE;
  const count = () => {
    if (++values > MAX_VALUES) throw notJson(`the body has more than ${MAX_VALUES} values`);
  };
  for (let at = 0; at < body.length; at++) {
    if (at >= pause) {
      pause = at + STRIDE;
      yield;
    }
    switch (body[at]) {
      case QUOTE: {
        from = at + 1;
        to = endOfString(body, from);
        if (isPicture && to - from > LEAST_TAKEN && !body.subarray(from, to).includes(BACKSLASH)) {
          pieces.push(body.subarray(kept, from), Buffer.from(`${mark}${taken.length}`));
          taken.push(body.subarray(from, to));
          kept = to;
        }
        isPicture = false;
        at = to;
        break;
      }
      case COLON: {
        const name = nameAt(body, from, to);
        const names = open.at(-1);
        if (names?.has(name)) throw duplicate(name);
        names?.add(name);
        isPicture = name === "base64";
        count();
        break;
      }
      case COMMA:
        count();
        break;
      case OPEN_OBJECT:
      case OPEN_LIST:
        isPicture = false;
        count();
        open.push(body[at] === OPEN_OBJECT ? new Set() : undefined);
        if (open.length > MAX_DEPTH) throw notJson(`the body nests more than ${MAX_DEPTH} deep`);
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        open.pop();
        break;
    }
  }
  pieces.push(body.subarray(kept));
  return {
    rest: pieces.length === 1 ? body : Buffer.concat(pieces),
    taken: (text) => (text.startsWith(mark) ? taken[Number(text.slice(mark.length))] : undefined),
  };
}

/** Bytes that are looked at one by one before the built-in search is faster. */
const SHORT = 64;

/** Position of the quote that ends a string; the end of the body if none does, which JSON.parse refuses. */
function endOfString(body: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const near = Math.min(at + SHORT, body.length);
    while (at < near && body[at] !== QUOTE && body[at] !== BACKSLASH) at++;
    if (at >= body.length) return body.length;
    if (body[at] === QUOTE) return at;
    if (body[at] === BACKSLASH) {
      at += 2;
      continue;
    }
    const quote = body.indexOf(QUOTE, at);
    if (quote === -1) return body.length;
    const escaped = body.subarray(at, quote).indexOf(BACKSLASH);
    if (escaped === -1) return quote;
    at += escaped;
  }
}

const MAX_NAME = 1000; // bytes; only such long names as differ later are taken for the same, and no known one is as long

function nameAt(body: Buffer, from: number, to: number): string {
  const raw = body.toString("utf8", from, Math.min(to, from + MAX_NAME));
  if (!raw.includes("\\")) return raw;
  // The same name can be written in several ways.
  return raw.replace(/\\u([0-9a-f]{4})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

const MAX_SHOWN = 60;

function duplicate(name: string): RequestError {
  return new RequestError({
    code: "serving/duplicate-field",
    message: `the field ${JSON.stringify(name.slice(0, MAX_SHOWN))} occurs twice in one object`,
  });
}

/** A body that is not JSON, or not such as is read here. */
export function notJson(message: string, cause?: unknown): RequestError {
  return new RequestError({ code: "serving/not-json", message, cause });
}
