// A second implementation of OAuth 1.0a signs what the connector signed. The input has
// one JSON object a line: method, url, key, secret, nonce, timestamp, signature. What
// differs is printed, then the number of those that agree.
import crypto from "node:crypto";
import readline from "node:readline";
import OAuth from "oauth-1.0a";

let agree = 0;
for await (const line of readline.createInterface({ input: process.stdin })) {
  const r = JSON.parse(line);
  const oauth = new OAuth({
    consumer: { key: r.key, secret: r.secret },
    signature_method: "HMAC-SHA1",
    hash_function: (text, by) => crypto.createHmac("sha1", by).update(text).digest("base64"),
  });
  oauth.getNonce = () => r.nonce;
  oauth.getTimeStamp = () => r.timestamp;
  const theirs = oauth.authorize({ url: r.url, method: r.method }).oauth_signature;
  if (theirs === r.signature) agree++;
  else console.log(JSON.stringify({ method: r.method, url: r.url, ours: r.signature, theirs }));
}
console.log(JSON.stringify({ agree }));
