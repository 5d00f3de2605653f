import { overview } from "../text";
import { Page } from "../ui/page";

export default function OverviewPage() {
  return <Page title={overview.title}>…</Page>;
}
