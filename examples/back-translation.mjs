// Back-translation for relata's generator `command`: your program translates a post into another language, and another
// (or the same) translates it back. The mentions stay as they are: translators see [1], [2] ... in their place.
//
//   "textToText": {
//     "adapter": "command",
//     "command": ["node", "back-translation.mjs", "translate", "en", "de", "--", "translate", "de", "en"],
//     "model": "translate 1.0, by German"
//   }
//
// Before `--` is the program that translates there, after it the one that translates back; no shell is involved. Each
// reads a text on its standard input and writes the translation to its standard output. SEED in its environment holds
// the seed of the call, for a program that samples; a program that always gives the same needs one chain only.
import { spawnSync } from "node:child_process";
import { text as readText } from "node:stream/consumers";

const { text, spans, seed } = JSON.parse(await readText(process.stdin));
const [there, back] = programs(process.argv.slice(2));
const units = joined(spans);
const marked = units.reduceRight(
  (rest, { start, end }, i) => `${rest.slice(0, start)}${mark(i)}${rest.slice(end)}`,
  text,
);
const answer = units.some((_, i) => text.includes(mark(i)))
  ? { refused: "the text itself contains such a mark" }
  : restored(translated(back, translated(there, marked)));
console.log(JSON.stringify(answer));

/** The two programs with their arguments. */
function programs(words) {
  const at = words.indexOf("--");
  if (at > 0 && at < words.length - 1) return [words.slice(0, at), words.slice(at + 1)];
  console.error("usage: back-translation.mjs <program and arguments> -- <program and arguments>");
  process.exit(64);
}

function mark(i) {
  return `[${i + 1}]`;
}

/** Mentions that overlap are replaced together: the ranges in order, each with the mentions inside. */
function joined(mentions) {
  const order = mentions
    .map(([start, end], index) => ({ start, end, index }))
    .sort((a, b) => a.start - b.start);
  const units = [];
  for (const { start, end, index } of order) {
    const last = units.at(-1);
    if (last === undefined || start >= last.end) units.push({ start, end, within: [{ start, end, index }] });
    else {
      last.end = Math.max(last.end, end);
      last.within.push({ start, end, index });
    }
  }
  return units;
}

function translated([program, ...args], given) {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    input: given,
    encoding: "utf8",
    env: { ...process.env, SEED: String(seed) },
  });
  if (error === undefined && status === 0) return stdout.trim();
  console.error(`${program}: ${error?.message ?? stderr}`);
  process.exit(1);
}

/** The translation with the mentions in it, and where they are; a refusal if a mark was lost or is there twice. */
function restored(translation) {
  const places = units.map((unit, i) => ({ ...unit, mark: mark(i), at: translation.indexOf(mark(i)) }));
  if (places.some(({ at, mark }) => at < 0 || translation.indexOf(mark, at + 1) >= 0))
    return { refused: "a mention was lost in translation" };
  let made = "";
  let from = 0;
  const found = spans.map(() => [0, 0]);
  for (const { start, end, within, mark, at } of places.sort((a, b) => a.at - b.at)) {
    made += translation.slice(from, at);
    for (const one of within)
      found[one.index] = [made.length + one.start - start, made.length + one.end - start];
    made += text.slice(start, end);
    from = at + mark.length;
  }
  return { text: made + translation.slice(from), spans: found };
}
