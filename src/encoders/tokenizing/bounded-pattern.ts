// Runs a tokenizer's patterns, which come from untrusted files, within a time limit: cheap searches
// directly, others so that they can be interrupted.
import { EncoderError } from "../../base/errors.ts";
import { patternCost } from "./pattern-cost.ts";

/** A search of this many steps ends within a few milliseconds. */
const DIRECT_STEPS = 2_000_000;
/** Time limit of one search; published patterns take microseconds. */
const SEARCH_MS = 500;
/** Total time limit of a pattern's searches: initial amount, and increment per search. */
const GRACE_MS = 2000;
const MS_PER_SEARCH = 5;

const sandbox: { search: () => RegExpExecArray[] } = { search: () => [] };
let breakable: ((milliseconds: number) => void) | undefined;

/**
 * A global expression whose `matchAll` finishes in time or throws `encoder/slow-pattern`; an estimate
 * decides which texts need a watchdog.
 */
export class BoundedPattern extends RegExp {
  readonly #plain: RegExp;
  readonly #place: string;
  /** Texts up to this length are searched without a watchdog. */
  readonly #directLength: number;
  #watchedMs = 0;
  #searches = 0;

  constructor(pattern: RegExp, place: string) {
    super(pattern);
    this.#plain = pattern;
    this.#place = place;
    const { loops, choices } = patternCost(pattern.source);
    this.#directLength = (DIRECT_STEPS / choices) ** (1 / (loops + 1)) - 1;
  }

  override [Symbol.matchAll](text: string): RegExpStringIterator<RegExpExecArray> {
    if (text.length <= this.#directLength) return this.#plain[Symbol.matchAll](text);
    return this.#watched(text)[Symbol.iterator]() as RegExpStringIterator<RegExpExecArray>;
  }

  #watched(text: string): readonly RegExpExecArray[] {
    const started = performance.now();
    let found: readonly RegExpExecArray[] = [];
    try {
      found = runFor(SEARCH_MS, () => [...this.#plain[Symbol.matchAll](text)]);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT")
        throw this.#slow(text, cause);
      throw cause;
    }
    this.#watchedMs += performance.now() - started;
    this.#searches++;
    if (this.#watchedMs > GRACE_MS + MS_PER_SEARCH * this.#searches) throw this.#slow(text);
    return found;
  }

  #slow(text: string, cause?: unknown): EncoderError {
    return new EncoderError({
      code: "encoder/slow-pattern",
      message: `the tokenizer's pattern /${this.source.slice(0, 200)}/ takes too long on a text of ${text.length} UTF-16 units`,
      place: this.#place,
      value: this.source,
      cause,
      remedy: "Use the tokenizer.json that was published with the encoder; its patterns are fast.",
    });
  }
}

/** Runs `search` and interrupts it at the time limit, even inside an expression. */
function runFor(milliseconds: number, search: () => RegExpExecArray[]): readonly RegExpExecArray[] {
  if (breakable === undefined) {
    const vm = globalThis.process?.getBuiltinModule("node:vm");
    if (vm === undefined) return search(); // in a browser, the user can close the page
    const context = vm.createContext(sandbox);
    const script = new vm.Script("search()");
    breakable = (timeout) => script.runInContext(context, { timeout });
  }
  let found: RegExpExecArray[] = [];
  sandbox.search = () => {
    found = search();
    return found;
  };
  breakable(milliseconds);
  return found;
}
