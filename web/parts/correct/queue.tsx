// The queue: which documents, in which state, the least certain first.
import { useId } from "preact/hooks";
import type { QueuedDocument } from "../../api/types.ts";
import type { DocumentSource, QueueState } from "../../editing/document-source.ts";
import { percent } from "../../pieces/share.tsx";
import { WindowList } from "../../pieces/window-list.tsx";

interface Props {
  readonly sources: readonly DocumentSource["kind"][];
  readonly kind: DocumentSource["kind"];
  readonly onKind: (kind: DocumentSource["kind"]) => void;
  readonly state: QueueState;
  readonly onState: (state: QueueState) => void;
  readonly documents: readonly QueuedDocument[];
  readonly at: number | undefined;
  readonly onChoose: (at: number) => void;
  readonly onEnd: () => void;
  readonly isLoading: boolean;
  readonly onDownload: (() => void) | undefined;
  readonly onForget: (() => void) | undefined;
}

const SOURCE_NAMES = { server: "The server's documents", page: "From Try and Batch" } as const;
const STATE_NAMES = { open: "Open", done: "Done", all: "All" } as const;
const ROW = 62;
const SNIPPET = 160;

/** The queue. */
export function Queue(props: Props) {
  const ids = { source: useId(), state: useId() };
  const { documents } = props;
  return (
    <section class="queue card" aria-label="Documents">
      <div class="queue-head">
        {props.sources.length > 1 && (
          <div>
            <label for={ids.source} class="unseen">
              Where the documents come from
            </label>
            <select
              id={ids.source}
              value={props.kind}
              onChange={(event) => props.onKind(event.currentTarget.value as DocumentSource["kind"])}
            >
              {props.sources.map((kind) => (
                <option key={kind} value={kind}>
                  {SOURCE_NAMES[kind]}
                </option>
              ))}
            </select>
          </div>
        )}
        <div>
          <label for={ids.state} class="unseen">
            Which documents
          </label>
          <select
            id={ids.state}
            value={props.state}
            onChange={(event) => props.onState(event.currentTarget.value as QueueState)}
          >
            {(["open", "done", "all"] as const).map((state) => (
              <option key={state} value={state}>
                {STATE_NAMES[state]}
              </option>
            ))}
          </select>
        </div>
      </div>
      {documents.length > 0 && (
        <WindowList
          items={documents}
          label="Documents, the least certain first"
          rowHeight={ROW}
          chosen={props.at}
          keyOf={({ id }) => id}
          onChoose={props.onChoose}
          onEnd={props.onEnd}
          render={({ text, uncertainty, state }) => (
            <>
              <span class="queue-text" dir="auto">
                {text.slice(0, SNIPPET)}
              </span>
              <span class="queue-state quiet">
                {state === "open" && uncertainty === undefined ? (
                  "not read yet"
                ) : state === "open" && uncertainty !== undefined ? (
                  <>
                    <svg class="share-bar" aria-hidden="true" width="36" height="5" viewBox="0 0 36 5">
                      <rect class="share-ground" width="36" height="5" rx="2.5" />
                      <rect class="share-unsure" width={Math.max(2, 36 * uncertainty)} height="5" rx="2.5" />
                    </svg>
                    {percent(uncertainty)} unsure
                  </>
                ) : (
                  <span class={`state-${state}`}>{state}</span>
                )}
              </span>
            </>
          )}
        />
      )}
      <div class="queue-foot">
        <span class="quiet">
          {props.isLoading ? "Loading…" : `${documents.length.toLocaleString("en")} listed`}
        </span>
        {props.onDownload !== undefined && (
          <button type="button" class="small" onClick={props.onDownload}>
            Download corrected
          </button>
        )}
        {props.onForget !== undefined && (
          <button
            type="button"
            class="small"
            onClick={() => {
              if (confirm("Remove these documents and their corrections from this browser?"))
                props.onForget?.();
            }}
          >
            Forget all
          </button>
        )}
      </div>
    </section>
  );
}
