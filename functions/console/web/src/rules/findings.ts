/** The fields of the form that errors and findings of the server belong to. */

/** The name of a field of the form, such as `settings.list_id` or `conditions.0`. Empty for the form as a whole. */
export type FieldName = string;

export type Messages = Readonly<Record<FieldName, string>>;

const NAMES: Record<string, FieldName> = {
  name: "name",
  scope: "scope",
  trigger: "trigger",
  integration: "integration",
  action: "action",
  settings: "action",
  conditions: "conditions",
  use_gift_recipient: "gift",
};

/** The field that a JSON pointer into a rule means. */
export function fieldOfPointer(pointer: string): FieldName {
  const [first = "", second] = pointer
    .replace(/^\/rule(?=\/|$)/, "")
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (first === "scope" && second === "products") return "products";
  if ((first === "settings" || first === "conditions") && second !== undefined) return `${first}.${second}`;
  return NAMES[first] ?? "";
}

/** The messages by field. A field with several has them one after the other. */
export function byField(found: readonly { field: string; message: string }[]): Messages {
  const messages: Record<FieldName, string> = {};
  for (const { field, message } of found) {
    const name = fieldOfPointer(field);
    messages[name] = messages[name] ? `${messages[name]} ${message}` : message;
  }
  return messages;
}
