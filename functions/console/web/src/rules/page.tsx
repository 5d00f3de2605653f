import { rules } from "../text";
import { Page } from "../ui/page";

export default function RulesPage() {
  return <Page title={rules.title}>…</Page>;
}
