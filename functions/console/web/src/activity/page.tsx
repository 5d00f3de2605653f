import { activity } from "../text";
import { Page } from "../ui/page";

export default function ActivityPage() {
  return <Page title={activity.title}>…</Page>;
}
