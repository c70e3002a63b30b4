// The head of the page: its name, the parts, the model, the colours.
import { useId } from "preact/hooks";
import type { Model } from "../api/types.ts";
import { PARTS, type Part } from "./route.ts";
import { ThemeChoice } from "./theme-choice.tsx";

const NAMES: Readonly<Record<Part, string>> = {
  try: "Try",
  batch: "Batch",
  correct: "Correct",
  mistakes: "Mistakes",
  views: "Views",
};

interface Props {
  readonly part: Part;
  readonly models: readonly Model[];
  readonly model: Model | undefined;
  readonly onModel: (name: string) => void;
}

/** The head. */
export function Head({ part, models, model, onModel }: Props) {
  const id = useId();
  return (
    <header class="head">
      <a class="skip" href={`#/${part}`} onClick={() => document.querySelector("main")?.focus()}>
        Skip to the content
      </a>
      <div class="head-row">
        <span class="brand">
          <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
            <rect class="brand-ground" width="32" height="32" rx="7" />
            <path class="brand-arc" d="M8 19V15a4 4 0 0 1 4-4h8a4 4 0 0 1 4 4v2" />
            <path
              class="brand-mark"
              d="M20.6 16l3.4 4.4 3.4-4.4zM6 21h5a2 2 0 0 1 0 4h-5a2 2 0 0 1 0-4zM21 22h5a1.5 1.5 0 0 1 0 3h-5a1.5 1.5 0 0 1 0-3z"
            />
          </svg>
          relata
        </span>
        <nav aria-label="Parts">
          {PARTS.map((one) => (
            <a key={one} href={`#/${one}`} aria-current={one === part ? "page" : undefined}>
              {NAMES[one]}
            </a>
          ))}
        </nav>
        <div class="head-end">
          {models.length > 1 && model !== undefined && (
            <>
              <label class="unseen" for={id}>
                Model
              </label>
              <select id={id} value={model.name} onChange={(event) => onModel(event.currentTarget.value)}>
                {models.map(({ name }) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </select>
            </>
          )}
          <ThemeChoice />
        </div>
      </div>
    </header>
  );
}
