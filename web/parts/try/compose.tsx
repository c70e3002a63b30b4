// The form of "Try": a text, a picture to drop, paste or choose, and settings.
import { useId, useRef, useState } from "preact/hooks";
import { usePage } from "../../shell/page-context.ts";

/** What the form holds. */
export interface Draft {
  readonly text: string;
  readonly caption: string;
  readonly picture: File | undefined;
  /** "" is the model's own. */
  readonly threshold: string;
}

interface Props {
  readonly draft: Draft;
  readonly pictureUrl: string | undefined;
  readonly isReading: boolean;
  readonly onChange: (draft: Draft) => void;
  readonly onRead: () => void;
  readonly onCancel: () => void;
}

function pictureIn(list: DataTransfer | null): File | undefined {
  return [...(list?.files ?? [])].find(({ type }) => type.startsWith("image/"));
}

/** The form. */
export function Compose({ draft, pictureUrl, isReading, onChange, onRead, onCancel }: Props) {
  const { model } = usePage();
  const [isOver, setIsOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const ids = { text: useId(), caption: useId(), threshold: useId(), picture: useId() };
  const set = (fields: Partial<Draft>) => onChange({ ...draft, ...fields });
  const take = (picture: File | undefined) => {
    if (picture !== undefined) set({ picture });
  };
  const canRead = draft.text.trim() !== "" && !isReading;
  return (
    <form
      class={isOver ? "compose card over" : "compose card"}
      aria-label="Post"
      onSubmit={(event) => {
        event.preventDefault();
        if (canRead) onRead();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && canRead) {
          event.preventDefault();
          onRead();
        }
      }}
      onPaste={(event) => {
        const picture = pictureIn(event.clipboardData);
        if (picture === undefined) return;
        event.preventDefault();
        take(picture);
      }}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        take(pictureIn(event.dataTransfer));
      }}
    >
      <label for={ids.text}>Post</label>
      <textarea
        id={ids.text}
        class="post-text"
        rows={6}
        dir="auto"
        placeholder="Write or paste a post"
        value={draft.text}
        onInput={(event) => set({ text: event.currentTarget.value })}
      />
      {draft.picture === undefined ? (
        <div class="picture-drop">
          <button type="button" onClick={() => chooser.current?.click()}>
            Choose a picture
          </button>
          <span class="quiet">or drop or paste it here</span>
        </div>
      ) : (
        <div class="picture-chosen">
          {pictureUrl !== undefined && (
            <img
              key={pictureUrl}
              src={pictureUrl}
              alt=""
              onError={(event) => {
                event.currentTarget.hidden = true; // the browser cannot show it; the server says what it makes of it
              }}
            />
          )}
          <span class="picture-name">{draft.picture.name}</span>
          <button type="button" class="small" onClick={() => set({ picture: undefined })}>
            Remove<span class="unseen"> the picture</span>
          </button>
        </div>
      )}
      <input
        ref={chooser}
        id={ids.picture}
        class="unseen"
        type="file"
        accept="image/*"
        tabIndex={-1}
        aria-label="Picture"
        onChange={(event) => {
          take(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
      {!model.sees.pictures && draft.picture !== undefined && (
        <p class="note">This model does not look at pictures.</p>
      )}
      <details class="more-settings">
        <summary>More settings</summary>
        {model.sees.captions && (
          <>
            <label for={ids.caption}>Caption of the picture</label>
            <input
              id={ids.caption}
              type="text"
              dir="auto"
              value={draft.caption}
              onInput={(event) => set({ caption: event.currentTarget.value })}
            />
          </>
        )}
        <label for={ids.threshold}>Smallest probability of a relation</label>
        <input
          id={ids.threshold}
          type="number"
          min="0"
          max="1"
          step="0.05"
          placeholder="the model's own"
          value={draft.threshold}
          onInput={(event) => set({ threshold: event.currentTarget.value })}
        />
      </details>
      <div class="actions">
        {isReading ? (
          <button type="button" onClick={onCancel}>
            Cancel
          </button>
        ) : (
          <button type="submit" class="primary" disabled={!canRead}>
            Read the post
          </button>
        )}
        <span class="quiet keys-hint">
          <kbd>Ctrl</kbd> <kbd>Enter</kbd>
        </span>
      </div>
    </form>
  );
}
