import { Download } from "lucide-react";
import { useState } from "react";
import { client, withEtag } from "../api/client";
import { ApiError, messageOf, type Problem } from "../api/problem";
import { useSubmit } from "../api/use-submit";
import { activity } from "../text";
import { Button } from "../ui/button";
import { toasts } from "../ui/toast";
import { joinCsv, rowsOf } from "./csv";
import { type Filters, given } from "./queries";

/** Downloads every action that matches as one CSV file. */
export function ExportButton({ filters }: { filters: Filters }) {
  const [rows, setRows] = useState(0);
  const download = useSubmit({
    send: async () => {
      setRows(0);
      const parts: string[] = [];
      let cursor: string | undefined;
      do {
        const { text, next } = await readPart(filters, cursor);
        parts.push(text);
        cursor = next;
        setRows((rows) => rows + rowsOf(text));
      } while (cursor);
      save(new Blob([joinCsv(parts)], { type: "text/csv" }));
    },
    onError: (error) => toasts.add({ title: messageOf(error) }),
  });
  return (
    <Button icon={Download} busy={download.isPending} onClick={() => download.submit()}>
      {download.isPending && rows > 0 ? activity.log.exporting(rows) : activity.log.export}
    </Button>
  );
}

async function readPart(filters: Filters, cursor: string | undefined) {
  const answer = await client.GET("/v1/actions/export", {
    params: { query: given({ ...filters, cursor }) },
    parseAs: "text",
  });
  const { data } = await withEtag(Promise.resolve(answer));
  if (typeof data !== "string") throw new ApiError(answer.response.status, noText, null);
  return { text: data, next: answer.response.headers.get("next-cursor") ?? undefined };
}

const noText: Problem = { type: "about:blank", title: activity.log.noText, status: 0, errors: [] };

function save(file: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = activity.log.file;
  link.click();
  URL.revokeObjectURL(link.href);
}
