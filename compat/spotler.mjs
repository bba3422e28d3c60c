// An independent client of Mail+ (the npm package oauth-1.0a and fetch) makes the
// documented calls against the sandbox. It prints one JSON object a line.
//
// Usage: node spotler.mjs <base URL> <control URL> <key> <secret>
import crypto from "node:crypto";
import OAuth from "oauth-1.0a";

const [base, control, key, secret] = process.argv.slice(2);
const oauth = new OAuth({
  consumer: { key, secret },
  signature_method: "HMAC-SHA1",
  hash_function: (text, by) => crypto.createHmac("sha1", by).update(text).digest("base64"),
});

async function call(method, path, body) {
  const url = base + path;
  const headers = { ...oauth.toHeader(oauth.authorize({ url, method })), Accept: "application/json" };
  const options = { method, headers };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(url, options);
  const text = await answer.text();
  let json;
  try {
    json = text === "" ? undefined : JSON.parse(text);
  } catch {
    json = undefined; // a form is HTML inside JSON; anything else is judged by its status
  }
  return { status: answer.status, json, text };
}

async function prepare(method, path, body) {
  const answer = await fetch(control + "/control/" + path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

const contact = (id) => ({ externalId: id, properties: { email: `${id}@w.example`, firstName: id, permissions: [{ bit: 1, enabled: true }] } });
const product = (id) => ({ externalId: id, name: "Fiets", link: "https://shop.example/1", price: 19900, imageUrl: "https://shop.example/1.png", imageLargeUrl: "https://shop.example/1L.png", visible: "true" });
const order = (id) => ({ externalId: id, externalContactId: "a", date: "2024-01-01T10:00:00+01:00", value: 19900, externalProductIds: ["p1"] });
const page = "after=0&pageSize=10";
const now = Date.now();
const day = (offset) => new Date(now + offset * 86400000).toISOString().slice(0, 10);
const period = `fromDate=${day(-2)}&toDate=${day(2)}`;
const list = (v) => Array.isArray(v);
const paged = (name) => (v) => Array.isArray(v) || Array.isArray(v?.[name]); // the two bases differ
const member = (name) => (v) => Array.isArray(v?.[name]);

async function scene() {
  await prepare("POST", "campaigns", { encrypted_id: "camp", name: "Welkom", active: true, triggers: [{ encryptedId: "trig", name: "Start" }] });
  await prepare("POST", "automations", { id: "auto", name: "Welkom", active: true, triggers: [{ triggerCode: "code", name: "Nieuw", automationFields: [{ name: "link", type: "url" }] }] });
  await prepare("POST", "forms", { name: "Inschrijven", formSubType: "subscribe", fields: [{ fieldId: "f1", description: "E-mail", property: "email", required: true }] });
}

// mailing sends one to contact a, who opens it and clicks.
async function mailing(kind, more) {
  const sent = await prepare("POST", "life/mailings", { name: "Brief", kind, ...more, to: { external_ids: ["a"] }, rates: { hard: 0, soft: 0, open: 0, click: 0, blind: 0 } });
  await prepare("POST", `life/mailings/${sent.encrypted_id}/act`, { external_id: "a", act: "open" });
  await prepare("POST", `life/mailings/${sent.encrypted_id}/act`, { external_id: "a", act: "click", link: 1 });
  return sent.encrypted_id;
}

// Each row: chapter, name, method, path, body, expected status, a look at the answer.
function calls(bulk, camp) {
  const rows = [
    ["contact", "properties", "GET", "/contact/properties/list", , 200, list],
    ["contact", "one", "GET", "/contact/a", , 200, (v) => v.externalId === "a"],
    ["contact", "update", "PUT", "/contact/a", { contact: { externalId: "a", properties: { city: "Ede" } } }, 204],
    ["contact", "add", "POST", "/contact", { contact: contact("e") }, 204],
    ["contact", "add many", "POST", "/contact/list", { update: true, contacts: [contact("a"), contact("f")] }, 200, list],
    ["contact", "changed", "GET", `/contact/updates/list?${period}&${page}`, , 200, paged("contacts")],
    ["contact", "bounced", "GET", `/contact/bounces/list?${period}&${page}`, , 200, paged("bounces")],
    ["contact", "search", "GET", "/contact/search?MPSearchQuery=email%3Da%40w.example&pageSize=1", , 200, paged("contacts")],
    ["contact", "mailings", "GET", "/contact/a/mailings", , 200, member("mailingHistories")],
    ["contact", "campaign mailings", "GET", "/contact/a/campaign-mailings", , 200, member("campaignMailingHistories")],
    ["contact", "forms", "GET", `/contact/a/forms?${page}`, , 200, member("formHistories")],
    ["subscription", "subscribe", "POST", "/subscription/subscribe", { properties: { email: "new@w.example" } }, 204],
    ["audience", "add", "POST", "/audience", { externalId: "aud", name: "Klanten" }, 200],
    ["audience", "one", "GET", "/audience/aud", , 200, (v) => v.name === "Klanten"],
    ["audience", "update", "PUT", "/audience/aud", { externalId: "aud", name: "Klanten!" }, 200],
    ["audience", "add contacts", "POST", "/audience/aud/contact", { contacts: ["a", "b"] }, 204],
    ["audience", "remove contacts", "DELETE", "/audience/aud/contact", { contacts: ["b"] }, 204],
    ["audience", "delete", "DELETE", "/audience/aud", , 204],
    ["temporary list", "add", "POST", "/templist", { externalTemporaryListId: "tmp", name: "Beurs", contacts: ["a"] }, 204],
    ["temporary list", "all", "GET", "/templist", , 200, list],
    ["temporary list", "add contacts", "POST", "/templist/tmp", { contacts: ["b"] }, 204],
    ["temporary list", "delete", "DELETE", "/templist/tmp", , 204],
    ["campaign", "all", "GET", "/campaign/list", , 200, list],
    ["campaign", "trigger", "POST", "/campaign/trigger/trig", { externalContactId: "a" }, 204],
    ["campaign", "stop", "POST", "/campaign/camp/stop", { externalContactId: "a" }, 204],
    ["campaign", "mailings", "GET", "/campaign/camp/mailing", , 200, list],
    ["automation", "trigger", "POST", "/automation/trigger/code", { externalContactId: "a", automationFields: [{ name: "link", type: "URL", value: "https://x.example" }] }, 200, (v) => v.result === "OK"],
    ["mailing", "of a period", "GET", `/mailing?${period}`, , 200, list],
    ["mailing", "one", "GET", `/mailing/${bulk}`, , 200],
    ["mailing", "statistics", "GET", `/mailing/${bulk}/statistics`, , 200],
    ["campaign mailing", "one", "GET", `/campaign-mailing/${camp}`, , 200],
    ["trend report", "all", "GET", `/trend-report?${page}`, , 200, member("trendReports")],
    ["product", "custom properties", "GET", "/product/custom-properties/list", , 200, list],
    ["product", "add", "POST", "/product", { product: product("p1") }, 204],
    ["product", "one", "GET", "/product/p1", , 200, (v) => Number(v.price) === 19900],
    ["product", "search", "GET", "/product/search?MPSearchQuery=name%3DFiets", , 200, list],
    ["product", "update", "PUT", "/product/p1", { product: product("p1") }, 204],
    ["order", "add", "POST", "/order", { order: order("o1") }, 204],
    ["order", "update", "PUT", "/order/o1", { order: order("o1") }, 204],
    ["order", "delete", "DELETE", "/order/o1", , 204],
    ["product", "delete", "DELETE", "/product/p1", , 204],
    ["conversion", "refused without a click", "POST", "/conversion", { mailplusId: "x", type: "CREATE_SHOPPINGCART", interactionDate: "2024-01-01" }, 400, (v) => v.errorType === "INVALID_PARAMS"],
    ["form", "all", "GET", "/form/list", , 200, list],
    ["form", "page", "GET", "/form/1?postUrl=https%3A%2F%2Fx.example%2F", , 200],
    ["form", "page filled in", "POST", "/form/1", { postUrl: "https://x.example/" }, 200],
    ["form", "fill in", "POST", "/form/result/1", { postUrl: "https://x.example/", formParams: { f1: ["a@w.example"] } }, 200],
    ["form", "results", "GET", "/form/result/1", , 200],
    ["form", "one result", "GET", "/form/result/1/1", , 200],
    ["contact", "make inactive", "PUT", "/contact/inactivate/d", , 204],
    ["contact", "anonymise", "PUT", "/contact/anonymize/c", , 410],
  ];
  for (const what of ["recipients", "bounces", "opens", "clicks"]) {
    rows.push(["mailing", what, "GET", `/mailing/${bulk}/${what}?${page}`, , 200, member(what)]);
    rows.push(["campaign mailing", what, "GET", `/campaign-mailing/${camp}/${what}?${period}`, , 200, member(what)]);
  }
  for (const what of ["opens", "clicks"]) {
    rows.push(["mailing", `${what} of one`, "GET", `/mailing/${bulk}/${what}/a`, , 200]);
    rows.push(["campaign mailing", `${what} of one`, "GET", `/campaign-mailing/${camp}/${what}/1`, , 200]);
  }
  for (const stream of ["sent", "opened", "clicked", "bounced"]) {
    rows.push(["interactions", stream, "GET", `/mailing-interaction/${stream}?${page}`, , 200, member("interactions")]);
  }
  return rows;
}

await scene();
for (const id of ["a", "b", "c", "d"]) {
  const made = await call("POST", "/contact", { update: true, contact: contact(id) });
  if (made.status !== 204) throw new Error(`contact ${id}: ${made.status} ${made.text}`);
}
const bulk = await mailing("bulk", {});
const camp = await mailing("campaign", { campaign: "camp" });
for (const [chapter, name, method, path, body, status, look] of calls(bulk, camp)) {
  const answer = await call(method, path, body);
  let why = "";
  if (answer.status !== status) why = `${answer.status} instead of ${status}: ${answer.text.slice(0, 200)}`;
  else if (look && !look(answer.json)) why = `an answer that it does not understand: ${answer.text.slice(0, 200)}`;
  console.log(JSON.stringify({ chapter, name: `${method} ${path.split("?")[0]}`, what: name, ok: why === "", why }));
}
