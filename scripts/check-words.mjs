// Checks that pages, messages and comments contain none of the phrases in scripts/word-list.json, and says what to write instead.
// `node scripts/check-words.mjs` checks the paths in CHECKED; with files or folders as arguments, only those.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";

/** What to check without arguments. Each must contain files, or the check looks in the wrong place. */
const CHECKED = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "docs",
  "examples",
  "schema",
  "scripts",
  "src",
  "test",
  "web",
];
const LIST = "scripts/word-list.json";
/** Files that contain the phrases themselves. */
const HOLDS_PHRASES = [LIST, "test/docs/words.test.ts"];
const EXTENSIONS = new Set([".md", ".ts", ".tsx", ".mjs", ".js", ".json"]);

/** Folders that tests create next to themselves, and remove while other tests run. */
const OF_A_TEST = /^(?:compiled|example)-\w{6}$/;

/** Where one line continues on the next: `"..." +` and a string, or a line break with the next comment marker. */
const JOINT = /(["'`])\s*\+\s*\n\s*(["'`])|[ \t]*\r?\n[ \t]*(?:\/{2,}|\*(?![/*])|#+(?= )|>)?[ \t]*/g;

/** Reads the list and compiles its patterns. A space in a pattern is one space or one line break of the text. */
function readList(path) {
  const { phrases, allowed } = JSON.parse(readFileSync(path, "utf8"));
  const rules = phrases.map((rule) => ({
    ...rule,
    regex: new RegExp(rule.pattern, rule["match case"] === true ? "g" : "gi"),
  }));
  return { rules, allowed };
}

/** Returns all files to check below a path. */
function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const below = join(path, entry.name);
    if (entry.isDirectory() && OF_A_TEST.test(entry.name)) return [];
    if (entry.isDirectory()) return filesBelow(below);
    return EXTENSIONS.has(extname(entry.name)) ? [below] : [];
  });
}

/** Returns the text with its lines joined, and a function from offset to line number. */
function joinLines(text) {
  const starts = []; // of pieces: [offset in the joined text, line number]
  let joined = "";
  let line = 1;
  let from = 0;
  for (const match of text.matchAll(JOINT)) {
    starts.push([joined.length, line]);
    joined += text.slice(from, match.index) + (match[1] === undefined ? " " : "");
    line += match[0].split("\n").length - 1;
    from = match.index + match[0].length;
  }
  starts.push([joined.length, line]);
  joined += text.slice(from);
  return { joined, lineOf: (offset) => starts.findLast(([start]) => start <= offset)[1] };
}

/** Returns every phrase of the list found in a text, with its line. */
function find(text, rules) {
  const { joined, lineOf } = joinLines(text);
  return rules.flatMap((rule) =>
    [...joined.matchAll(rule.regex)].map((match) => ({
      rule,
      text: match[0],
      line: lineOf(match.index),
      around: joined.slice(Math.max(0, match.index - 200), match.index + match[0].length + 200),
    })),
  );
}

const { rules, allowed } = readList(LIST);
const paths = process.argv.slice(2);
const faults = [];
const used = new Set();
const files = new Set();
for (const path of paths.length > 0 ? paths : CHECKED) {
  const below = filesBelow(path).map((file) => (file.startsWith(sep) ? file : relative(".", file)));
  if (below.length === 0) faults.push(`${path}: no file to check`);
  for (const file of below) if (!HOLDS_PHRASES.includes(file)) files.add(file);
}
for (const file of files) {
  for (const { rule, text, line, around } of find(readFileSync(file, "utf8"), rules)) {
    const exception = allowed.find((one) => one.file === file && around.includes(one.text));
    if (exception === undefined)
      faults.push(`${file}:${line}: "${text}" (${rule.phrase}): write ${rule.write}`);
    else used.add(exception);
  }
}
for (const exception of allowed) {
  if (exception.reason === undefined)
    faults.push(`${LIST}: an exception for ${exception.file} has no reason`);
  if (files.has(exception.file) && !used.has(exception)) {
    faults.push(`${LIST}: the exception for ${exception.file}, "${exception.text}", is not used: remove it`);
  }
}
for (const fault of faults) console.error(fault);
console.log(`words: ${files.size} files checked for ${rules.length} phrases, ${faults.length} found`);
process.exit(faults.length === 0 ? 0 : 1);
