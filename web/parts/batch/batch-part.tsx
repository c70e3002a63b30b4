// "Batch": many posts of a file, read with progress; results to filter, look at, correct and download.
import { useMemo, useState } from "preact/hooks";
import { isFailed, type Kind, matches, resultLine } from "../../batch/result-line.ts";
import type { LocalDocument } from "../../editing/local-documents.ts";
import { localDocument } from "../../editing/local-documents.ts";
import { ProblemNote } from "../../pieces/problem-note.tsx";
import { saveAs } from "../../pieces/save-as.ts";
import { usePage } from "../../shell/page-context.ts";
import { BatchFiles } from "./batch-files.tsx";
import { BatchResults } from "./batch-results.tsx";
import { useBatch } from "./use-batch.ts";

/** The part. */
export function BatchPart() {
  const { models, model, correct } = usePage();
  const batch = useBatch(models.length > 1 ? { model: model.name } : {});
  const [kind, setKind] = useState<Kind>("all");
  const [words, setWords] = useState("");
  const { posts, results, progress, isRunning } = batch;
  // The list of results stays the same; `progress` says that there are more in it.
  const shown = useMemo(
    () => posts.flatMap((post, i) => (matches(post, results[i], kind, words.trim()) ? [i] : [])),
    [posts, results, kind, words, progress],
  );

  const download = () => {
    const lines = posts.flatMap((post, i) => {
      const result = results[i];
      return result === undefined ? [] : [`${resultLine(post, result)}\n`];
    });
    const stem = (batch.fileName ?? "posts").replace(/\.[^.]*$/, "");
    saveAs(new Blob(lines, { type: "application/x-ndjson" }), `${stem}-found.jsonl`);
  };
  const sendToCorrect = () => {
    const documents = shown.flatMap((i): LocalDocument[] => {
      const post = posts[i];
      const result = results[i];
      if (post === undefined || result === undefined || isFailed(result)) return [];
      return [localDocument(post.id, post.text, result, batch.pictureOf(post))];
    });
    correct(documents);
  };

  return (
    <div class="batch">
      <BatchFiles batch={batch} />
      {batch.problem !== undefined && <ProblemNote problem={batch.problem} />}
      {posts.length > 0 && (
        <section class="card batch-run" aria-label="Progress">
          <div class="batch-bar">
            {isRunning ? (
              <button type="button" onClick={batch.cancel}>
                Cancel
              </button>
            ) : (
              <button
                type="button"
                class="primary"
                disabled={progress.done === posts.length}
                onClick={() => void batch.start()}
              >
                {progress.done === 0
                  ? "Read the posts"
                  : progress.done === posts.length
                    ? "All read"
                    : "Resume"}
              </button>
            )}
            <progress max={posts.length} value={progress.done} aria-label="Posts read" />
            <span class="batch-count">
              {progress.done.toLocaleString("en")} of {posts.length.toLocaleString("en")}
              {progress.failed > 0 && (
                <span class="warn">, {progress.failed.toLocaleString("en")} failed</span>
              )}
            </span>
            {progress.waiting !== undefined && isRunning && (
              <span class="quiet">The server is busy: waiting {progress.waiting} s</span>
            )}
          </div>
          {progress.done > 0 && (
            <div class="batch-bar">
              <button type="button" onClick={download}>
                Download JSONL
              </button>
              <button type="button" onClick={sendToCorrect} disabled={isRunning}>
                Correct{" "}
                {shown.length === posts.length ? "these" : `these ${shown.length.toLocaleString("en")}`}
              </button>
            </div>
          )}
        </section>
      )}
      {progress.done > 0 && (
        <BatchResults
          posts={posts}
          results={results}
          shown={shown}
          kind={kind}
          words={words}
          labels={model.entityTypes}
          pictureOf={batch.pictureOf}
          onKind={setKind}
          onWords={setWords}
        />
      )}
    </div>
  );
}
