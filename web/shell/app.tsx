// The page: asks the server what it offers, then shows its parts. A part that was opened stays as it is while another is shown.
import { useEffect, useMemo, useState } from "preact/hooks";
import { pageOffer } from "../api/page-data.ts";
import { problemFrom } from "../api/problem.ts";
import { pageClient } from "../api/request.ts";
import type { Model, PageOffer, Problem } from "../api/types.ts";
import { PageSource } from "../editing/page-source.ts";
import { BatchPart } from "../parts/batch/batch-part.tsx";
import { CorrectPart } from "../parts/correct/correct-part.tsx";
import { MistakesPart } from "../parts/mistakes/mistakes-part.tsx";
import { TryPart } from "../parts/try/try-part.tsx";
import { ViewsPart } from "../parts/views/views-part.tsx";
import { ProblemNote } from "../pieces/problem-note.tsx";
import { ANNOUNCEMENTS } from "./announce.ts";
import { Head } from "./head.tsx";
import { PageContext, type PageState } from "./page-context.ts";
import { goTo, type Part, useRoute } from "./route.ts";
import { TokenDialog } from "./token-dialog.tsx";

const TITLES: Readonly<Record<Part, string>> = {
  try: "Try a post",
  batch: "Read many posts",
  correct: "Correct and learn",
  mistakes: "Mistakes of a run",
  views: "Generated views",
};

/** Time until a server that is not ready is asked again: models are loading, documents are indexed. */
const LOADING_MS = 1500;

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The whole page. */
export function App() {
  const part = useRoute();
  const [answer, setAnswer] = useState<{ models: readonly Model[]; offer: PageOffer }>();
  const [problem, setProblem] = useState<Problem>();
  const [name, setName] = useState<string>();
  const [opened, setOpened] = useState<ReadonlySet<Part>>(new Set());
  const [pageSource] = useState(() => new PageSource(localStorage));
  const [unkept, setUnkept] = useState<Problem>();
  const [arrival, setArrival] = useState(0);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    setProblem(undefined);
    let isWanted = true;
    let again: ReturnType<typeof setTimeout> | undefined;
    // First whether it is ready: what becomes ready in between is in the answers, and nothing is missed.
    const ask = async () => {
      const { ready } = await pageClient().health();
      const [models, offer] = await Promise.all([pageClient().models(), pageOffer()]);
      if (!isWanted) return;
      setAnswer((before) => (sameJson(before, { models, offer }) ? before : { models, offer }));
      if (!ready) again = setTimeout(() => setAttempt((count) => count + 1), LOADING_MS);
    };
    ask().catch((error: unknown) => isWanted && setProblem(problemFrom(error)));
    return () => {
      isWanted = false;
      clearTimeout(again);
    };
  }, [attempt]);
  useEffect(() => {
    document.title = `${TITLES[part]} · relata`;
    setOpened((before) => (before.has(part) ? before : new Set([...before, part])));
  }, [part]);

  const model = answer?.models.find((one) => one.name === name) ?? answer?.models[0];
  const state = useMemo(
    (): PageState | undefined =>
      answer === undefined || model === undefined
        ? undefined
        : {
            ...answer,
            model,
            askAgain: () => setAttempt((count) => count + 1),
            correct(documents) {
              try {
                pageSource.add(documents);
                setUnkept(undefined);
              } catch (error) {
                setUnkept({
                  detail: `These documents are in this tab only: ${problemFrom(error).detail}`,
                  remedy:
                    "The browser's storage is full. Correct and download them before you close the tab.",
                });
              }
              setArrival((before) => before + 1);
              goTo("correct");
            },
          },
    [answer, model, pageSource],
  );
  return (
    <>
      <Head part={part} models={answer?.models ?? []} model={model} onModel={setName} />
      <main tabIndex={-1}>
        <h1>{TITLES[part]}</h1>
        {problem !== undefined && (
          <>
            <ProblemNote problem={problem} />
            <button type="button" onClick={() => setAttempt((count) => count + 1)}>
              Try again
            </button>
          </>
        )}
        {state === undefined ? (
          problem === undefined && (
            <p class="quiet" role="status">
              {answer === undefined ? "Asking the server…" : "The server is loading its models…"}
            </p>
          )
        ) : (
          <PageContext.Provider value={state}>
            <div hidden={part !== "try"}>{opened.has("try") && <TryPart />}</div>
            <div hidden={part !== "batch"}>{opened.has("batch") && <BatchPart />}</div>
            <div hidden={part !== "mistakes"}>{opened.has("mistakes") && <MistakesPart />}</div>
            <div hidden={part !== "views"}>{opened.has("views") && <ViewsPart />}</div>
            <div hidden={part !== "correct"}>
              {unkept !== undefined && <ProblemNote problem={unkept} />}
              {opened.has("correct") && <CorrectPart pageSource={pageSource} arrival={arrival} />}
            </div>
          </PageContext.Provider>
        )}
      </main>
      <div id={ANNOUNCEMENTS} class="unseen" role="status" aria-live="polite" />
      <TokenDialog />
    </>
  );
}
