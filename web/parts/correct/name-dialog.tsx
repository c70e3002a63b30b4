// Asks once who corrects: the name is saved with every document.
import { useEffect, useId, useRef, useState } from "preact/hooks";

const KEY = "relata-name";

/** The name that this browser knows. */
export function savedName(): string | undefined {
  return localStorage.getItem(KEY) ?? undefined;
}

/** The question. `onDone(undefined)`: no name was given. */
export function NameDialog({ onDone }: { readonly onDone: (name: string | undefined) => void }) {
  const [name, setName] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  const ids = { title: useId(), field: useId() };
  useEffect(() => dialog.current?.showModal(), []);
  const finish = (given: string | undefined) => {
    dialog.current?.close();
    if (given !== undefined) localStorage.setItem(KEY, given);
    onDone(given);
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
          if (name.trim() !== "") finish(name.trim());
        }}
      >
        <h2 id={ids.title}>Who corrects?</h2>
        <p>
          Your name is saved with every document that you accept, correct or reject. This browser asks once.
        </p>
        <label for={ids.field}>Name</label>
        <input
          id={ids.field}
          type="text"
          autocomplete="name"
          required
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <div class="actions">
          <button type="submit" class="primary">
            Save the document
          </button>
          <button type="button" onClick={() => finish(undefined)}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
