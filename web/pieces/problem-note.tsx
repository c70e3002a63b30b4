// A problem as the server describes it: what happened, where, and what to do.
import type { Problem } from "../api/types.ts";
import { VisibleText } from "./visible-text.tsx";

/** Shows a problem; screen readers read it at once. */
export function ProblemNote({ problem }: { readonly problem: Problem }) {
  const { detail, place, remedy, code } = problem;
  return (
    <div class="note bad" role="alert">
      <p class="note-title">
        <VisibleText text={detail} />
      </p>
      {place !== undefined && (
        <p>
          Where: <VisibleText text={place} />
        </p>
      )}
      {remedy !== undefined && (
        <p>
          <VisibleText text={remedy} />
        </p>
      )}
      {code !== undefined && <p class="quiet mono">{code}</p>}
    </div>
  );
}
