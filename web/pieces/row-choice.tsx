// The words of a table's row as a button: focusing it shows the entity or relation in the text above.
import type { ComponentChildren } from "preact";
import type { Chosen } from "./chosen.ts";

interface Props {
  readonly chosen: Chosen;
  readonly onChoose: ((chosen: Chosen | undefined) => void) | undefined;
  readonly children: ComponentChildren;
}

/** Words that show their place in the text; plain where there is nothing to show. */
export function RowChoice({ chosen, onChoose, children }: Props) {
  if (onChoose === undefined) return <>{children}</>;
  return (
    <button
      type="button"
      class="row-choice"
      title="Show in the text"
      onClick={() => onChoose(chosen)}
      onFocus={() => onChoose(chosen)}
      onBlur={() => onChoose(undefined)}
    >
      {children}
    </button>
  );
}
