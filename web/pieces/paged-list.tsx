// A list that is fetched a page at a time, with a button for more.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { problemFrom } from "../api/problem.ts";
import type { Problem } from "../api/types.ts";
import { announce } from "../shell/announce.ts";
import { ProblemNote } from "./problem-note.tsx";

interface Props<T> {
  readonly label: string;
  /** What to say if there is no item. */
  readonly nothing: string;
  readonly load: (
    after: string | undefined,
  ) => Promise<{ readonly items: readonly T[]; readonly next?: string }>;
  readonly keyOf: (item: T) => string;
  readonly render: (item: T) => ComponentChildren;
}

/** The list. Another `key` loads it from the start. */
export function PagedList<T>({ label, nothing, load, keyOf, render }: Props<T>) {
  const [items, setItems] = useState<readonly T[]>([]);
  const [next, setNext] = useState<string>();
  const [state, setState] = useState<"loading" | "ready">("loading");
  const [problem, setProblem] = useState<Problem>();
  const isShown = useRef(true);

  const more = async (after: string | undefined) => {
    setState("loading");
    setProblem(undefined);
    try {
      const page = await load(after);
      if (!isShown.current) return;
      setItems((before) => [...before, ...page.items]);
      setNext(page.next);
      announce(`${label}: ${page.items.length} more`);
    } catch (error) {
      if (isShown.current) setProblem(problemFrom(error));
    } finally {
      if (isShown.current) setState("ready");
    }
  };
  // Loads once; another `key` starts it again.
  useEffect(() => {
    isShown.current = true;
    void more(undefined);
    return () => {
      isShown.current = false;
    };
  }, []);

  return (
    <div class="paged-list" aria-busy={state === "loading"}>
      {items.length > 0 && (
        <ul aria-label={label}>
          {items.map((item) => (
            <li key={keyOf(item)}>{render(item)}</li>
          ))}
        </ul>
      )}
      {problem !== undefined && <ProblemNote problem={problem} />}
      {state === "loading" && <p class="quiet">Loading…</p>}
      {state === "ready" && items.length === 0 && problem === undefined && <p class="nothing">{nothing}</p>}
      {state === "ready" && (next !== undefined || problem !== undefined) && (
        <button type="button" onClick={() => void more(next)}>
          {problem === undefined ? "Show more" : "Try again"}
        </button>
      )}
    </div>
  );
}
