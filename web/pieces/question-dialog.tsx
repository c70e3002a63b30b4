// Asks for one line of text in a dialog: a name, a token.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

interface Props {
  readonly title: string;
  /** Why it is asked. */
  readonly children: ComponentChildren;
  /** Of the field. */
  readonly label: string;
  /** Whether the answer is shown as dots and not remembered; otherwise it is a person's name. */
  readonly isSecret?: boolean;
  /** Of the button that gives the answer. */
  readonly submit: string;
  /** Receives what was typed, without spaces around it; undefined if nothing was given. */
  readonly onDone: (answer: string | undefined) => void;
}

const SECRET = { type: "password", autocomplete: "off" } as const;
const NAME = { type: "text", autocomplete: "name" } as const;

/** The dialog; opens when it is shown. */
export function QuestionDialog({ title, children, label, isSecret = false, submit, onDone }: Props) {
  const [value, setValue] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  const ids = { title: useId(), field: useId() };
  useEffect(() => dialog.current?.showModal(), []);
  const finish = (answer: string | undefined) => {
    dialog.current?.close();
    onDone(answer);
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby={ids.title}
      onCancel={(event) => {
        event.preventDefault();
        finish(undefined);
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (value.trim() !== "") finish(value.trim());
        }}
      >
        <h2 id={ids.title}>{title}</h2>
        {children}
        <label for={ids.field}>{label}</label>
        <input
          id={ids.field}
          {...(isSecret ? SECRET : NAME)}
          required
          value={value}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
        <div class="actions">
          <button type="submit" class="primary">
            {submit}
          </button>
          <button type="button" onClick={() => finish(undefined)}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
