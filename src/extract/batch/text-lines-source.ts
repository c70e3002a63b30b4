// Reads posts from plain text: every line that is not blank is the text of one post, and its number is the post's id.
import { otherKind } from "../../data/file-kind.ts";
import { type LineOutcome, linesOf, readLines } from "../../data/lines.ts";
import { fileFingerprint } from "../../encoders/onnx-file.ts";
import { faultOf, type PostRow, type PostSource, postFault } from "./post-rows.ts";

/** Reads the lines of a file as posts. */
export function textLinesFile(path: string): PostSource {
  return {
    place: path,
    counts: "line",
    files: [path],
    fingerprint: () => fileFingerprint(path),
    rows: (signal) => rowsOf(readLines(path, signal ? { signal } : {}), path),
    rowsFrom: ({ row: line, offset = 0 }, signal) =>
      rowsOf(readLines(path, { signal, start: { line, offset } }), path, offset === 0),
  };
}

/** Reads the lines of a stream, such as standard input, as posts. */
export function textLinesStream(stream: AsyncIterable<Buffer>, place: string): PostSource {
  return { place, counts: "line", rows: () => rowsOf(linesOf(stream, place), place) };
}

/** @throws DataError `data/other-format` for lines of JSON, which would be read as texts */
async function* rowsOf(
  lines: AsyncGenerator<LineOutcome>,
  place: string,
  startsFile = true,
): AsyncGenerator<PostRow> {
  let isFirst = startsFile;
  for await (const line of lines) {
    if (line.kind === "file" || (line.kind === "text" && line.text.trim() === "")) continue;
    const { line: row, offset } = line;
    if (line.kind === "unreadable") {
      yield { row, offset, key: "", fault: faultOf(line.defects) };
      continue;
    }
    const { text } = line;
    if (isFirst && isJsonObject(text))
      throw otherKind(place, { what: "JSON lines, not plain text", remedy: "Omit --lines." });
    isFirst = false;
    const post = { id: String(row), text };
    const fault = postFault(post, `${place}:${row}`);
    yield fault ? { row, offset, key: text, id: post.id, fault } : { row, offset, key: text, post };
  }
}

function isJsonObject(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
