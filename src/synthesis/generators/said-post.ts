// Finds the post in a chat model's answer: below an announcement, behind a role's name, or in JSON; and tells a
// refusal in words from a post.

import { SynthesisError } from "../../base/errors.ts";
import { jsonOfText } from "./answer-json.ts";
import { contentPolicy } from "./complaints.ts";
import { type SaidText, saidText } from "./thoughts.ts";

/** A line that announces the text, as "Sure! Here is a post:"; the text is below it. */
const ANNOUNCEMENT =
  /^(?:(?:sure|certainly|of course|absolutely|okay|ok)\b[^\n:]{0,60}[!.,]\s+)?(?:here(?:['’]s| is| are)|below is)\b[^\n]{0,200}:[ \t*]*\n\s*([\s\S]+)$/i;
/** A name of what follows, as chat templates and models write it. */
const ROLE = /^(?:\*\*)?(?:assistant|post|tweet|caption)(?:\*\*:|:\*\*|:)\s+([\s\S]+)$/i;

/**
 * Extracts the requested post from a chat model's answer.
 *
 * @throws GeneratorRefusal if the answer is a refusal in words; SynthesisError `synthesis/not-a-text` for JSON that holds no text or several,
 * and as `saidText`
 */
export function saidPost(said: string, adapter: string, place: string): SaidText {
  const outer = saidText(said, place);
  if (declinesInWords(outer.text)) throw contentPolicy(adapter, JSON.stringify(outer.text.slice(0, 300)));
  let { text } = outer;
  const wrapping = [...(outer.removed?.wrapping ?? [])];
  const take = (inner: string | undefined, what: string) => {
    if (inner === undefined || inner.trim() === "") return;
    const below = saidText(inner, place);
    text = below.text;
    wrapping.push(what, ...(below.removed?.wrapping ?? []));
  };
  take(ANNOUNCEMENT.exec(text)?.[1], "announcement");
  take(ROLE.exec(text)?.[1], "role");
  take(textInJson(text, place), "JSON");
  const removed = { ...outer.removed, ...(wrapping.length === 0 ? {} : { wrapping }) };
  return Object.keys(removed).length === 0 ? { text } : { text, removed };
}

/** The only text in JSON, if the whole is JSON. @throws SynthesisError `synthesis/not-a-text` if it has none or several */
function textInJson(said: string, place: string): string | undefined {
  if (!/^(?:\{\s*"|\[\s*[{"])/.test(said)) return undefined;
  const json = jsonOfText(said);
  if (json.state === "none") return undefined;
  const texts = Object.values(json.value as object).filter((value) => typeof value === "string");
  const [text] = texts;
  if (text !== undefined && texts.length === 1) return text;
  const count = texts.length === 0 ? "without a text" : `with ${texts.length} texts`;
  throw new SynthesisError({
    code: "synthesis/not-a-text",
    message: `${place} answered with JSON ${count} in place of one text`,
    place,
    remedy: "Ask for the text alone in `instruction`, or disable the structured output of the server.",
    fault: "work",
  });
}

/** How a model begins to decline. */
const BEGINNINGS = [
  /^(?:(?:i['’]m|i am) (?:very |so )?sorry|sorry|i apologi[sz]e),?(?: but)? (?:i|as an ai)\b/i,
  /^i(?: can(?:['’]t|not| not)| am unable to|['’]m unable to| am not able to|['’]m not able to| won['’]t)\b/i,
  /^as an ai\b/i,
] as const;
/** What it then says that it does not do. */
const DECLINED =
  /\b(?:can(?:['’]t|not| not)|unable to|not able to|won['’]t)\s+(?:\w+ly )?(?:help|assist|identify|recogni[sz]e|provide|create|write|generate|comply|fulfil+|describe|determine|make up)\b/i;

/** Whether a text is a refusal in words: its first line begins as one, and says what the model does not do. */
function declinesInWords(text: string): boolean {
  const line = /^[^\n]{0,300}/.exec(text)?.[0] ?? "";
  return BEGINNINGS.some((beginning) => beginning.test(line)) && DECLINED.test(line);
}
