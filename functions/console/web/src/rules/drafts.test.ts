import { expect, it, vi } from "vitest";
import { emptyCondition } from "./condition";
import { emptyDraft } from "./draft";
import { forgetDraft, keepDraft, keptDraft, readDraft } from "./drafts";

const draft = emptyDraft({}, { apps: new Map(), triggers: new Map(), integrations: new Map() });

it("keeps a draft until it is forgotten, also where there is no storage", () => {
  keepDraft("new", { ...draft, name: "Bakers" });
  expect(keptDraft("new")?.name).toBe("Bakers");
  expect(keptDraft("rul_1 v1")).toBeUndefined();
  forgetDraft("new");
  expect(keptDraft("new")).toBeUndefined();
});

it("reads a draft from the tab's storage", () => {
  const stored = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, text: string) => stored.set(name, text),
    removeItem: (name: string) => stored.delete(name),
  });
  keepDraft("new", { ...draft, name: "Bakers" });
  expect([...stored.values()].map((text) => JSON.parse(text).name)).toEqual(["Bakers"]);
  forgetDraft("new");
  expect(stored.size).toBe(0);
  vi.unstubAllGlobals();
});

it("gives the conditions of a stored draft keys of their own", () => {
  const condition = emptyCondition();
  const [read] = readDraft(JSON.stringify({ ...draft, conditions: [condition] }))?.conditions ?? [];
  expect(read).toEqual({ ...condition, key: read?.key });
  expect(read?.key).not.toBe(condition.key);
});

it.each(["", "null", "{}", '{"scope":"global"}', JSON.stringify({ ...draft, conditions: 1 })])(
  "reads no draft from %s",
  (text) => expect(readDraft(text)).toBeUndefined(),
);
