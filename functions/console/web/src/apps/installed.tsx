import { apps } from "../text";
import { Page } from "../ui/page";

export default function InstalledPage() {
  return <Page title={apps.title}>…</Page>;
}
