// A problem as the server describes it: what happened, where, and what to do.
import type { ComponentChildren } from "preact";
import type { Problem } from "../api/types.ts";
import { MessageText } from "./message-text.tsx";
import { VisibleText } from "./visible-text.tsx";

interface Props {
  readonly problem: Problem;
  /** What can be done about it here. */
  readonly children?: ComponentChildren;
}

/** Shows a problem; screen readers read it at once. */
export function ProblemNote({ problem, children }: Props) {
  const { detail, place, remedy, code } = problem;
  return (
    <div class="note bad" role="alert">
      <p class="note-title">
        <MessageText text={detail} />
      </p>
      {place !== undefined && (
        <p>
          Where: <VisibleText text={place} />
        </p>
      )}
      {remedy !== undefined && (
        <p>
          <MessageText text={remedy} />
        </p>
      )}
      {code !== undefined && <p class="quiet mono">{code}</p>}
      {children !== undefined && <div class="actions">{children}</div>}
    </div>
  );
}
