// Removes what models add around the requested text: thoughts of reasoning models, channels, control
// tokens, and quotes or a code fence around the whole. Servers without a parser for a model's format leave
// all of it in the text.
import { SynthesisError } from "../../base/errors.ts";

export interface SaidText {
  readonly text: string;
  /** Number of removed characters of thoughts, and what was removed around the text; absent if nothing was. */
  readonly removed?: { readonly thoughts?: number; readonly wrapping?: readonly string[] };
}

/** Pairs of marks around thoughts. Names in tags are taken in any case, with attributes and white space. */
const TAGS = "think(?:ing)?|thoughts?|reasoning|reflection|analysis|seed:think";
const LESS = "(?:<|&lt;)";
const GREATER = "(?:>|&gt;)";
interface Pair {
  readonly open: string;
  readonly close: string;
  /** The closing mark alone says that all before it was thought; not where the mark has other uses too. */
  readonly closesAlone?: false;
}
const PAIRS: readonly Pair[] = [
  {
    open: `${LESS}\\s*(?:${TAGS})(?:\\s[^<>]{0,200})?${GREATER}`,
    close: `${LESS}\\s*/\\s*(?:${TAGS})\\s*${GREATER}`,
  },
  { open: '<details\\s[^<>]{0,200}type="reasoning"[^<>]{0,200}>', close: "</details>", closesAlone: false },
  { open: "\\[\\s*THINK(?:ING)?\\s*\\]", close: "\\[\\s*/\\s*THINK(?:ING)?\\s*\\]" },
  { open: "<\\|channel>", close: "<channel\\|>" },
  { open: "◁think▷", close: "◁/think▷" },
  {
    open: "<\\|(?:begin_of_thought|START_THINKING|think)\\|>",
    close: "<\\|(?:end_of_thought|END_THINKING|/think)\\|>",
  },
];
/** OpenAI's harmony format: messages in channels, of which `final` is the answer. */
const FINAL_CHANNEL = /<\|channel\|>\s*final\b[\s\S]{0,100}?<\|message\|>/g;
const ANY_CHANNEL = /<\|channel\|>/;
/** The same where the server took the marks out and left the names. */
const UNMARKED_CHANNELS = /^(?:analysis|commentary)[\s\S]*?assistant\s*final/;
/** Control tokens that end a message; what follows belongs to the next one. */
const END_OF_MESSAGE =
  /<\|(?:return|end|call|im_end|eot_id|eom_id|endoftext|end_of_text|END_RESPONSE)\|>|<end_of_turn>|<｜end▁of▁sentence｜>|<\/s>\s*$/;
/** Marks around answers: they go, the answer stays. */
const ANSWER_MARKS =
  /^(?:<answer>([\s\S]*)<\/answer>|<\|begin_of_box\|>([\s\S]*)<\|end_of_box\|>|<\|(?:START_RESPONSE|begin_of_solution)\|>([\s\S]*?)(?:<\|end_of_solution\|>)?)$/i;

/**
 * Extracts the requested text from a model's output.
 *
 * @throws SynthesisError `synthesis/text-cut-off` if thoughts do not end, so no text follows them
 */
export function saidText(said: string, place: string): SaidText {
  const spoken = withoutChannels(said, place);
  const text = withoutThoughts(spoken, place).trim();
  const thoughts = said.trim().length - text.length;
  const unwrapped = withoutWrapping(text);
  const removed = {
    ...(spoken === said && text === said.trim() ? {} : { thoughts }),
    ...(unwrapped.wrapping.length === 0 ? {} : { wrapping: unwrapped.wrapping }),
  };
  return Object.keys(removed).length === 0 ? { text: unwrapped.text } : { text: unwrapped.text, removed };
}

function withoutChannels(said: string, place: string): string {
  const unmarked = UNMARKED_CHANNELS.exec(said.trimStart());
  if (unmarked !== null) return said.trimStart().slice(unmarked[0].length);
  const last = [...said.matchAll(FINAL_CHANNEL)].at(-1);
  if (last === undefined && ANY_CHANNEL.test(said)) throw noEnd(place);
  const text = last === undefined ? said : said.slice(last.index + last[0].length);
  const end = END_OF_MESSAGE.exec(text);
  // A mark at the very beginning ends nothing of this message.
  return end === null || text.slice(0, end.index).trim() === "" ? text : text.slice(0, end.index);
}

/** Removes pairs, and everything before a closing mark without an opening one: chat templates often write the opening one themselves. */
function withoutThoughts(said: string, place: string): string {
  let text = said;
  for (const { open, close, closesAlone = true } of PAIRS) {
    text = text.replaceAll(new RegExp(`${open}[\\s\\S]*?${close}`, "gi"), "");
    const closing = [...text.matchAll(new RegExp(close, "gi"))].at(-1);
    if (closing !== undefined && closesAlone) text = text.slice(closing.index + closing[0].length);
    if (new RegExp(open, "i").test(text)) throw noEnd(place);
  }
  return text;
}

const QUOTES: readonly (readonly [string, string, string])[] = [
  ['"', '"', "quotes"],
  ["“", "”", "quotes"],
  ["„", "“", "quotes"],
  ["«", "»", "quotes"],
];

/** What stands around all of the text: a code fence, marks of an answer, quotes. Quotes inside it stay, and so does every other word. */
function withoutWrapping(said: string): { readonly text: string; readonly wrapping: readonly string[] } {
  let text = said;
  const wrapping: string[] = [];
  const take = (inner: string | undefined, what: string) => {
    if (inner === undefined || inner.trim() === "") return;
    text = inner.trim();
    wrapping.push(what);
  };
  const marked = ANSWER_MARKS.exec(text);
  if (marked !== null) take(marked[1] ?? marked[2] ?? marked[3], "answer marks");
  take(/^```[\w+-]*[ \t]*\r?\n([\s\S]*?)\r?\n?```$/.exec(text)?.[1], "code fence");
  for (const [open, close, what] of QUOTES) {
    if (text.length < 3 || !text.startsWith(open) || !text.endsWith(close)) continue;
    const inner = text.slice(open.length, -close.length);
    if (inner.includes(open) || inner.includes(close)) continue; // two quotations, not one around the whole
    take(inner, what);
    break;
  }
  return { text, wrapping };
}

function noEnd(place: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/text-cut-off",
    message: `${place}: the answer ends during the model's reasoning, before the text`,
    place,
    remedy: "Raise maxTokens, or disable the model's reasoning (in `extra`, in the form the server expects).",
    fault: "work",
  });
}
