// The service worker: keeps every file of the site at the first visit, and answers from what it kept. A new version is
// taken when it is all there, at the next visit.

/** What a service worker has besides what pages know. */
interface ServiceWorker {
  registration: { scope: string };
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(
    type: "install" | "activate",
    listener: (event: { waitUntil(done: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(
    type: "fetch",
    listener: (event: { request: Request; respondWith(response: Promise<Response>): void }) => void,
  ): void;
}

const worker = globalThis as unknown as ServiceWorker;
const { scope } = worker.registration;
const PREFIX = `otograd ${scope} `;

interface Offline {
  version: string;
  files: string[];
}

async function keep(): Promise<void> {
  const response = await fetch(`${scope}offline.json`, { cache: "no-store" });
  const { version, files } = (await response.json()) as Offline;
  const cache = await caches.open(PREFIX + version);
  await cache.addAll(files.map((file) => new Request(scope + file, { cache: "no-cache" })));
  await worker.skipWaiting();
  for (const name of await caches.keys())
    if (name.startsWith(PREFIX) && name !== PREFIX + version) await caches.delete(name);
}

/** A page named by its folder is that folder's index.html. */
async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url);
  url.search = "";
  url.hash = "";
  if (url.pathname.endsWith("/")) url.pathname += "index.html";
  return (await caches.match(url.href)) ?? fetch(request);
}

worker.addEventListener("install", (event) => event.waitUntil(keep()));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && event.request.url.startsWith(scope))
    event.respondWith(answer(event.request));
});
