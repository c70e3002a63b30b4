import { openViewStore, readContent } from "relata/synthesis";
const store = await openViewStore("views");
for await (const view of store.views()) {
    if (view.rejected === undefined && view.step % 2 === 1)
        console.log(view.instance, view.round, (await readContent(view)).length);
}
export {};
