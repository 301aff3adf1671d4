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

/** What is to be kept: web/site.ts writes it before this program. */
export interface Kept {
  version: string;
  files: string[];
}

const worker = globalThis as unknown as ServiceWorker;
const { scope } = worker.registration;
const { version, files } = (globalThis as unknown as { kept: Kept }).kept;
const PREFIX = `otograd ${scope} `;

/** The version before stays: a page of it that is open may yet load one of its programs. */
async function keep(): Promise<void> {
  const cache = await caches.open(PREFIX + version);
  await cache.addAll(files.map((file) => new Request(scope + file, { cache: "no-cache" })));
  await worker.skipWaiting();
  const before = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== PREFIX + version);
  for (const name of before.slice(0, -1)) await caches.delete(name);
}

/** A page named by its folder is that folder's index.html. */
async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url);
  url.search = "";
  url.hash = "";
  if (url.pathname.endsWith("/")) url.pathname += "index.html";
  const kept = await caches.open(PREFIX + version);
  return (await kept.match(url.href)) ?? (await caches.match(url.href)) ?? fetch(request);
}

worker.addEventListener("install", (event) => event.waitUntil(keep()));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && event.request.url.startsWith(scope))
    event.respondWith(answer(event.request));
});
