// Chooses one of many labels by typing a part of it: a dialog with a filter and a list.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { KeyHint } from "./key-hint.tsx";

interface Props {
  readonly title: string;
  readonly options: readonly string[];
  /** Whether a label that is not in the list can be typed. */
  readonly free?: boolean;
  readonly onPick: (option: string | undefined) => void;
}

/** The dialog; opens when it is shown. `onPick(undefined)`: nothing was chosen. */
export function Picker({ title, options, free = false, onPick }: Props) {
  const [filter, setFilter] = useState("");
  const [at, setAt] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const ids = { title: useId(), list: useId() };
  const typed = filter.trim();
  const matching = options.filter((option) => option.toLowerCase().includes(typed.toLowerCase()));
  const shown = free && typed !== "" && !options.includes(typed) ? [...matching, typed] : matching;
  useEffect(() => dialog.current?.showModal(), []);
  const finish = (option: string | undefined) => {
    dialog.current?.close();
    onPick(option);
  };
  return (
    <dialog
      ref={dialog}
      class="picker"
      aria-labelledby={ids.title}
      onCancel={(event) => {
        event.preventDefault();
        finish(undefined);
      }}
      onKeyDown={(event) => {
        if (event.key === "ArrowDown") setAt(Math.min(shown.length - 1, at + 1));
        else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
        else if (event.key === "Enter") finish(shown[at]);
        else return;
        event.preventDefault();
      }}
    >
      <h2 id={ids.title}>{title}</h2>
      <input
        type="text"
        role="combobox"
        aria-label={`${title}: type a part of it`}
        aria-expanded="true"
        aria-controls={ids.list}
        aria-activedescendant={shown.length === 0 ? undefined : `${ids.list}-${at}`}
        autocomplete="off"
        value={filter}
        onInput={(event) => {
          setFilter(event.currentTarget.value);
          setAt(0);
        }}
      />
      <div id={ids.list} role="listbox" aria-label={title} class="picker-list" tabIndex={-1}>
        {shown.map((option, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the dialog takes the keys
          <div
            key={option}
            id={`${ids.list}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === at}
            class="picker-option"
            onClick={() => finish(option)}
          >
            {options.indexOf(option) >= 0 && options.indexOf(option) < 9 && (
              <KeyHint>{options.indexOf(option) + 1}</KeyHint>
            )}
            {option}
            {!options.includes(option) && <span class="quiet"> new</span>}
          </div>
        ))}
      </div>
      {shown.length === 0 && <p class="nothing">No label contains this.</p>}
    </dialog>
  );
}
