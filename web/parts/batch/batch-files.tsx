// The files of a batch: posts, and pictures that they name.
import { useRef, useState } from "preact/hooks";
import type { useBatch } from "./use-batch.ts";

const MOST_FAULTS = 5;

/** Chooses or takes dropped files, and says what was found in them. */
export function BatchFiles({ batch }: { readonly batch: ReturnType<typeof useBatch> }) {
  const [isOver, setIsOver] = useState(false);
  const posts = useRef<HTMLInputElement>(null);
  const pictures = useRef<HTMLInputElement>(null);
  const take = (list: FileList | null | undefined) => batch.takeFiles([...(list ?? [])]);
  const named = batch.posts.filter(({ image }) => image !== undefined);
  const missing = named.filter((post) => batch.pictureOf(post) === undefined);
  return (
    <section
      class={isOver ? "card batch-files over" : "card batch-files"}
      aria-label="Files"
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <div class="batch-bar">
        <button type="button" disabled={batch.isRunning} onClick={() => posts.current?.click()}>
          Choose posts
        </button>
        <button type="button" disabled={batch.isRunning} onClick={() => pictures.current?.click()}>
          Choose pictures
        </button>
        <span class="quiet">or drop both here</span>
      </div>
      <input
        ref={posts}
        class="unseen"
        type="file"
        tabIndex={-1}
        accept=".jsonl,.ndjson,.json,.txt,text/plain"
        aria-label="File of posts"
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
      <input
        ref={pictures}
        class="unseen"
        type="file"
        tabIndex={-1}
        accept="image/*"
        multiple
        aria-label="Pictures"
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
      {batch.fileName === undefined ? (
        <p class="quiet">
          Posts: a text file with a post a line, or JSON (lines or a list) with <code>text</code>, and if you
          have them <code>id</code>, <code>image</code> (the picture's file name), <code>caption</code>.
        </p>
      ) : (
        <p>
          <strong>{batch.fileName}</strong>: {batch.posts.length.toLocaleString("en")} posts
          {named.length > 0 && `, ${named.length.toLocaleString("en")} name a picture`}
          {named.length > 0 && missing.length > 0 && (
            <span class="warn">
              {" "}
              ({missing.length.toLocaleString("en")} of these are not chosen yet, such as {missing[0]?.image},
              and they would be read without)
            </span>
          )}
          .
        </p>
      )}
      {batch.faults.length > 0 && (
        <div class="note">
          <p class="note-title">
            {batch.faults.length === 1
              ? "One is not a post:"
              : `${batch.faults.length.toLocaleString("en")} are not posts:`}
          </p>
          <ul>
            {batch.faults.slice(0, MOST_FAULTS).map(({ place, message }) => (
              <li key={place}>
                {place}: {message}
              </li>
            ))}
            {batch.faults.length > MOST_FAULTS && <li>…</li>}
          </ul>
        </div>
      )}
    </section>
  );
}
