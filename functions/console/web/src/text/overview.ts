import { count, plural } from "../format/money";

export const overview = {
  title: "Overview",
  periods: { "24h": "24 hours", "7d": "7 days", "30d": "30 days" },
  period: "Period",
  chart: {
    title: "Actions",
    total: (actions: number, exact: boolean) =>
      exact ? plural(actions, "action") : `At least ${plural(actions, "action")}`,
    readSince: (at: string) => `Counted since ${at}: the newest 2,000 actions.`,
    none: "No actions in this period.",
    noneHere: "No actions",
    table: "Actions by time and result",
    time: "Time",
    bar: (time: string, actions: string) => `${time}: ${actions}`,
  },
  needs: {
    title: "Needs you",
    nothing: "Nothing needs you. Every account is connected, and no rule failed.",
    reconnect: "Needs reconnect",
    since: "since",
    failing: (actions: number) => `${plural(actions, "action")} ended without success`,
    deletedRule: "A deleted rule",
    last: "latest",
    paused: "Paused",
    pausedUntil: "until",
    waiting: (actions: number) => `${plural(actions, "action waits", "actions wait")}`,
    nextAttempt: "next attempt",
    operatorPause: "Paused for everybody. Actions run when it is resumed; nothing is lost.",
    failuresPause: "10 calls in a row failed. It is tried again without further steps.",
    seeActions: "See actions",
  },
  today: {
    title: "Ended without success today",
    all: (actions: number) => `See all ${count(actions)}`,
  },
  start: {
    title: "Start here",
    detail: "Three steps until your first rule acts for a buyer.",
    progress: (done: number) => `${done} of 3 done`,
    done: "Done",
    steps: {
      connect: {
        title: "Connect an app",
        detail: "Mailchimp, Kit, HighLevel and others, with your own account.",
        action: "Choose an app",
      },
      rule: {
        title: "Add a rule",
        detail: "When something happens in your shop, then do this in the app.",
        action: "Add rule",
      },
      see: {
        title: "See it work",
        detail: "Try a rule once with your own address, and watch the result here.",
        action: "Try it",
      },
    },
  },
};
