// What the picture changed: the same post read with and without it.
import type { Change, Explanation } from "../../api/types.ts";
import { AnnotatedText } from "../../pieces/annotated-text.tsx";
import { percent } from "../../pieces/share.tsx";
import { VisibleText } from "../../pieces/visible-text.tsx";

const WORDS = {
  added: "found only with the picture",
  removed: "found only without the picture",
  relabelled: "another label with the picture",
  more: "more probable with the picture",
  less: "less probable with the picture",
} as const;

const SIGNS = { added: "+", removed: "−", relabelled: "↔", more: "↑", less: "↓" } as const;

function subjectOf({ text, headText, tailText }: Change): string {
  return text ?? `${headText ?? "?"} → ${tailText ?? "?"}`;
}

function ChangeRow({ change }: { readonly change: Change }) {
  const before = change.before;
  const after = change.after;
  const from = before?.probability;
  const to = after?.probability;
  const labels =
    change.change === "relabelled"
      ? `${before?.label ?? "?"} → ${after?.label ?? "?"}`
      : (change.label ?? after?.label ?? before?.label ?? "");
  return (
    <li class={`change ${change.change}`}>
      <span class="change-sign" aria-hidden="true">
        {SIGNS[change.change]}
      </span>
      <span>
        <strong dir="auto">
          <VisibleText text={subjectOf(change)} />
        </strong>{" "}
        <span class="change-label">
          <VisibleText text={labels} />
        </span>
        <span class="quiet">
          {" "}
          {WORDS[change.change]}
          {from !== undefined && to !== undefined && `: ${percent(from)} → ${percent(to)}`}
        </span>
      </span>
    </li>
  );
}

interface Props {
  readonly text: string;
  readonly explanation: Explanation;
  readonly labels: readonly string[];
}

/** Shows the changes, and the answer without the picture. */
export function Changes({ text, explanation, labels }: Props) {
  const { withoutPicture, changed } = explanation;
  if (withoutPicture === null) return null;
  const changes = [...changed.entities, ...changed.relations];
  return (
    <section class="card" aria-labelledby="changes-title">
      <h2 id="changes-title">What the picture changed</h2>
      {changes.length === 0 ? (
        <p class="nothing">Nothing: the same entities and relations with and without it.</p>
      ) : (
        <ul class="changes">
          {changes.map((change) => (
            <ChangeRow key={`${change.change} ${subjectOf(change)} ${change.label}`} change={change} />
          ))}
        </ul>
      )}
      <h3>Without the picture</h3>
      <AnnotatedText
        text={text}
        entities={withoutPicture.entities}
        relations={withoutPicture.relations}
        labels={labels}
      />
    </section>
  );
}
