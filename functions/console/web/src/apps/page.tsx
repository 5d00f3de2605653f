import { apps } from "../text";
import { Page } from "../ui/page";

export default function AppsPage() {
  return <Page title={apps.title}>…</Page>;
}
