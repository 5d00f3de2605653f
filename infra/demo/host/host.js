// The page of a platform that shows the console.
const element = document.querySelector("integration-console");

// The page's server opens a session for its merchant. The console asks again before the session ends.
element.token = async () => {
  const response = await fetch("/session", { method: "POST" });
  if (!response.ok) throw new Error(`The session was not opened: ${response.status}`);
  return (await response.json()).token;
};

for (const [name, value] of new URLSearchParams(location.search)) {
  if (["view", "product", "theme"].includes(name)) element.setAttribute(name, value);
}

for (const name of ["connected", "rule-saved", "session-ended"]) {
  element.addEventListener(name, ({ detail }) => {
    const item = document.createElement("li");
    item.textContent = `${name} ${JSON.stringify(detail)}`;
    document.querySelector("#events").append(item);
  });
}
