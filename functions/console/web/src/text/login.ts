/** The login at an app, in a window of its own. */
export const login = {
  opening: "Opening…",
  open: (app: string) => `Open ${app}`,
  show: "Show the window",
  stop: "Stop waiting",
  blocked: "Your browser blocked the window",
  blockedHelp: (app: string) => `Open ${app} with this button, and come back when you are done.`,
  waiting: (app: string) => `Log in to ${app} in the new window`,
  waitingHelp: "This page continues by itself.",
  finishing: "Connecting the account…",
  refused: (app: string) => `You did not allow access to ${app}`,
  refusedHelp: "Nothing is connected. Try again, and choose Allow.",
  closed: "The window was closed before you were done",
  closedHelp: "Nothing is connected. You can start again.",
  expired: "The login has expired",
  expiredHelp: "Nothing is connected. Start again: there are 15 minutes to log in.",
  notSetUp: "Logins are not set up for this page. Ask for help to connect this app.",
  finished: "You can close this window and go back to the page that you came from.",
  cutOff:
    "Nothing is connected: this window cannot reach the page that you came from. Close it, and connect in another way there, or ask for help.",
  lost: "Nothing is connected here. Close this window, and start at the page that connects your account.",
};
