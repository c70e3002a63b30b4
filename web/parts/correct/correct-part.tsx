// "Correct and learn": a queue of documents ordered by uncertainty, and an editor for one of them.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { problemFrom } from "../../api/problem.ts";
import type { Problem, QueuedDocument } from "../../api/types.ts";
import { type DocumentSource, type QueueState, serverSource } from "../../editing/document-source.ts";
import type { PageSource } from "../../editing/page-source.ts";
import { ProblemNote } from "../../pieces/problem-note.tsx";
import { saveAs } from "../../pieces/save-as.ts";
import { announce } from "../../shell/announce.ts";
import { usePage } from "../../shell/page-context.ts";
import { Editor } from "./editor.tsx";
import { Queue } from "./queue.tsx";

interface Props {
  readonly pageSource: PageSource;
  /** Changes when documents were sent from another part. */
  readonly arrival: number;
}

/** The part. */
export function CorrectPart({ pageSource, arrival }: Props) {
  const { offer } = usePage();
  const [kind, setKind] = useState<DocumentSource["kind"]>(offer.documents === null ? "page" : "server");
  const [state, setState] = useState<QueueState>("open");
  const [documents, setDocuments] = useState<readonly QueuedDocument[]>([]);
  const [next, setNext] = useState<string>();
  const [at, setAt] = useState<number>();
  const [problem, setProblem] = useState<Problem>();
  const [isLoading, setIsLoading] = useState(false);
  const turn = useRef(0);
  const wantsFocus = useRef(false); // moving on from the editor leads to the next editor
  const source = kind === "server" ? serverSource : pageSource;
  const indexed = offer.documents?.indexed ?? 1;
  const isIndexing = kind === "server" && indexed < 1;

  const load = useCallback(async () => {
    const mine = ++turn.current;
    if (isIndexing) return;
    setIsLoading(true);
    setProblem(undefined);
    try {
      const answer = await source.list(state, undefined);
      if (mine !== turn.current) return;
      setDocuments(answer.documents);
      setNext(answer.next);
      setAt(answer.documents.length === 0 ? undefined : 0);
    } catch (error) {
      if (mine === turn.current) setProblem(problemFrom(error));
    } finally {
      if (mine === turn.current) setIsLoading(false);
    }
  }, [source, state, isIndexing]);

  useEffect(() => {
    void load();
  }, [load, arrival]);
  useEffect(() => {
    if (arrival > 0) {
      setKind("page");
      setState("open");
    }
  }, [arrival]);

  const more = useCallback(async () => {
    if (next === undefined || isLoading) return;
    const mine = turn.current;
    setIsLoading(true);
    try {
      const answer = await source.list(state, next);
      if (mine !== turn.current) return;
      setDocuments((before) => [...before, ...answer.documents]);
      setNext(answer.next);
    } catch (error) {
      if (mine === turn.current) setProblem(problemFrom(error));
    } finally {
      if (mine === turn.current) setIsLoading(false);
    }
  }, [next, isLoading, source, state]);

  const current = at === undefined ? undefined : documents[at];
  const move = (by: number) => {
    if (at === undefined) return;
    const to = Math.min(documents.length - 1, Math.max(0, at + by));
    if (to === at) announce(by > 0 ? "This is the last document of the list" : "This is the first document");
    setAt(to);
  };
  const download = async () => {
    try {
      saveAs(await source.download(), "corrections.jsonl");
    } catch (error) {
      setProblem(problemFrom(error));
    }
  };

  const isEmpty = kind === "page" && pageSource.count === 0;
  return (
    <div class="correct">
      <Queue
        sources={offer.documents === null ? ["page"] : ["server", "page"]}
        kind={kind}
        onKind={setKind}
        state={state}
        onState={setState}
        documents={documents}
        at={at}
        onChoose={(index) => {
          wantsFocus.current = false;
          setAt(index);
        }}
        onEnd={more}
        isLoading={isLoading}
        onDownload={isEmpty ? undefined : download}
        onForget={
          kind === "page" && !isEmpty
            ? () => {
                pageSource.clear();
                void load();
              }
            : undefined
        }
      />
      <div class="correct-main">
        {problem !== undefined && <ProblemNote problem={problem} />}
        {current !== undefined ? (
          <Editor
            key={`${kind} ${current.id}`}
            source={source}
            queued={current}
            takesFocus={wantsFocus.current}
            onState={(state) =>
              setDocuments((all) => all.map((one) => (one.id === current.id ? { ...one, state } : one)))
            }
            onMove={(by) => {
              wantsFocus.current = true;
              move(by);
            }}
          />
        ) : isIndexing ? (
          <p class="quiet" role="status">
            The server is indexing its documents: {Math.floor(100 * indexed)} %
          </p>
        ) : isLoading ? (
          <p class="quiet">Asking for documents…</p>
        ) : (
          <EmptyQueue kind={kind} isEmpty={isEmpty} hasServer={offer.documents !== null} />
        )}
        <p class="quiet teams">
          One person at a time corrects here. For a team, connect{" "}
          <a href="https://labelstud.io" rel="noreferrer noopener" target="_blank">
            Label Studio
          </a>{" "}
          to this server: it shows the same answers as pre-labels and keeps everyone's work apart.
        </p>
      </div>
    </div>
  );
}

function EmptyQueue({
  kind,
  isEmpty,
  hasServer,
}: {
  readonly kind: DocumentSource["kind"];
  readonly isEmpty: boolean;
  readonly hasServer: boolean;
}) {
  if (!isEmpty || kind === "server") {
    return (
      <div class="empty">
        <p>No document in this list.</p>
      </div>
    );
  }
  return (
    <div class="empty">
      <div class="empty-text">
        <p>
          No documents yet. Read a post in <a href="#/try">Try</a> or a file in <a href="#/batch">Batch</a>,
          then choose “Correct”.
        </p>
        {!hasServer && (
          <p>
            To work on a file of documents, start the server with
            <code class="command">
              relata serve BUNDLE --documents docs.jsonl --corrections corrected.jsonl --pictures pictures
            </code>
          </p>
        )}
      </div>
    </div>
  );
}
