import type { components } from "../api/schema";
import { common } from "../text";

/** Who made a change, by name. */
export function nameOfActor({ id, name }: components["schemas"]["ActorView"]): string {
  return name ?? common.actors[id] ?? id;
}
