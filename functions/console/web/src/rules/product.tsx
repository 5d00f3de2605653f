import { rules } from "../text";
import { Page } from "../ui/page";

export default function ProductRules() {
  return <Page title={rules.title}>…</Page>;
}
